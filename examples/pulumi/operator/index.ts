import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const namespace = config.require("namespace");

// The program declares the key. The controller in the cluster requests it, writes its value into the Secret, and rotates it
// by its own clock. No value and no management token passes through this program or is in its state.
const checkout = new kubernetes.apiextensions.CustomResource("checkout", {
  apiVersion: "signatureapi.com/v1",
  kind: "ApiKey",
  metadata: {
    name: "checkout",
    namespace,
    // pulumi up completes when the value is delivered, and fails if it is not.
    annotations: { "pulumi.com/waitFor": "condition=Ready" },
  },
  spec: {
    accountRef: { kind: "ClusterAccount", name: config.require("account") },
    mode: "live",
    description: "Checkout service",
    rotation: { every: "90d", overlap: "24h", trigger: config.get("trigger") },
  },
});

/** What Pods refer to: `envFrom: [{ secretRef: { name } }]`. */
export const secretName = checkout.metadata.name;
