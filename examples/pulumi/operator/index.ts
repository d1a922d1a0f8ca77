import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const namespace = config.require("namespace");

// The program says what is wanted. The controller in the cluster asks for the key, writes its value into the Secret, and
// rotates it by its own clock: no value and no management token passes through this program or is in its state.
const checkout = new kubernetes.apiextensions.CustomResource("checkout", {
  apiVersion: "signatureapi.com/v1",
  kind: "ApiKey",
  metadata: {
    name: "checkout",
    namespace,
    // pulumi up ends when the value has been delivered, and fails when it is not.
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
