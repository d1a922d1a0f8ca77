import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ApiKey } from "pulumi-signatureapi";

const config = new pulumi.Config();

const checkout = new ApiKey("checkout", {
  mode: "live",
  description: "Checkout service",
  rotation: { every: "90d", early: "7d", overlap: "24h" },
});

const namespace = config.require("namespace");

// Immutable, with a generated name: a new value makes a new Secret. The Deployment below is updated to it and replaces its
// Pods. The old Secret is deleted only when the new Pods run. The old key stays active for its overlap.
const secret = new kubernetes.core.v1.Secret("checkout", {
  metadata: { namespace },
  immutable: true,
  stringData: { SIGNATUREAPI_KEY: checkout.key },
});

const labels = { app: "checkout" };
new kubernetes.apps.v1.Deployment("checkout", {
  metadata: { namespace },
  spec: {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        containers: [
          {
            name: "checkout",
            image: config.require("image"),
            envFrom: [{ secretRef: { name: secret.metadata.name } }],
          },
        ],
      },
    },
  },
});

export const secretName = secret.metadata.name;
export const keyId = checkout.keyId;
export const nextRotationAt = checkout.nextRotationAt;
