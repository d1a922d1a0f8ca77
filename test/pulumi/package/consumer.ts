// A program as users write it, copied into an empty project and compiled there, by each compiler and for each module
// system. It is not run.
import * as pulumi from "@pulumi/pulumi";
import {
  ApiKey,
  Provider,
  type ApiKeyArgs,
  type DeletionPolicy,
  type Mode,
  type PreviousKey,
  type UnrecordedKey,
} from "pulumi-signatureapi";

const config = new pulumi.Config();
const mode: Mode = "live";
const policy: pulumi.Output<DeletionPolicy> = pulumi.output("Retain");
const other = new Provider("other", { token: config.requireSecret("token"), requestsPerSecond: 5 });

const args: ApiKeyArgs = {
  mode,
  description: pulumi.interpolate`Checkout of ${pulumi.getStack()}`,
  rotation: {
    every: "90d",
    early: pulumi.output("7d"),
    overlap: "24h",
    trigger: config.get("trigger") ?? "1",
  },
  deletionPolicy: policy,
  adopt: { keyId: "ak_123", key: config.requireSecret("existing") },
};
const key = new ApiKey("checkout", args, { provider: other, protect: true });
const found: ApiKey = ApiKey.get("found", "ak_456");

export const value: pulumi.Output<string> = key.key;
export const revision: pulumi.Output<number> = key.revision;
export const next: pulumi.Output<string | undefined> = found.nextRotationAt;
export const previous: pulumi.Output<PreviousKey[]> = key.previous;
export const unrecordedKeys: pulumi.Output<UnrecordedKey[]> = key.unrecordedKeys;

// @ts-expect-error -- there is no such mode
export const wrongMode = new ApiKey("wrong", { mode: "production" });
// @ts-expect-error -- a mode is needed
export const noMode = new ApiKey("wrong", {});
// @ts-expect-error -- a misspelt argument is no argument
export const misspelt = new ApiKey("wrong", { mode: "test", rotation: { evry: "90d" } });
// @ts-expect-error -- a token is needed
export const noToken = new Provider("wrong", {});
