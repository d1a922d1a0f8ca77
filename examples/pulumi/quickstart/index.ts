import * as pulumi from "@pulumi/pulumi";
import { ApiKey, type Mode } from "pulumi-signatureapi";

const config = new pulumi.Config();

const checkout = new ApiKey("checkout", {
  mode: config.require<Mode>("mode"),
  description: "Checkout service",
  // A new key every 90 days. With "early", a pipeline that runs once a week is never late. The replaced key works for
  // another day, so that you can deploy applications with the new one before the old one stops.
  rotation: { every: "90d", early: "7d", overlap: "24h" },
});

/** The value. Pulumi keeps it encrypted and prints [secret]; `pulumi stack output key --show-secrets` shows it. */
export const key = checkout.key;
export const keyId = checkout.keyId;
export const revision = checkout.revision;
export const nextRotationAt = checkout.nextRotationAt;
export const previous = checkout.previous;
