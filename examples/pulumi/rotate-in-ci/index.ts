import { ApiKey } from "pulumi-signatureapi";

// The pipeline runs once a day. What falls due within two days is rotated by the present run, so that a day on which the
// pipeline fails makes nothing late. The overlap is longer than the pause between two runs: applications get the new key
// from the run that makes it, and the old one is revoked by a later run.
const rotation = { every: "30d", early: "2d", overlap: "36h" };

const checkout = new ApiKey("checkout", { mode: "live", description: "Checkout service", rotation });
const invoices = new ApiKey("invoices", { mode: "live", description: "Invoices", rotation });

/** Read by the pipeline's last step, which hands them on. */
export const checkoutKey = checkout.key;
export const invoicesKey = invoices.key;
/** Safe to show: when what happens next, and which key is in use. */
export const checkoutKeyId = checkout.keyId;
export const checkoutNextRotationAt = checkout.nextRotationAt;
export const invoicesKeyId = invoices.keyId;
export const invoicesNextRotationAt = invoices.nextRotationAt;
