import { ApiKey } from "pulumi-signatureapi";

// The pipeline runs once a day. Each run rotates what falls due within two days, so that nothing is late if the pipeline
// fails for a day. The overlap is longer than the pause between two runs: applications get the new key from the run that
// creates it, and a later run revokes the old one.
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
