import * as z from "zod";
import { ProviderError } from "./failure.ts";
import { secret, sendable, unwrapSecret, type Properties } from "./wire.ts";

const previousSchema = z.looseObject({
  keyId: z.string(),
  /** The generation and the attempt that it stood for. */
  generation: z.number(),
  attempt: z.string(),
  revokeAt: z.string(),
});
const suspectSchema = z.looseObject({ keyId: z.string(), createdAt: z.string() });

const outputsSchema = z.object({
  key: z.string(),
  keyId: z.string(),
  attempt: z.string(),
  mode: z.enum(["test", "live"]),
  description: z.string(),
  deletionPolicy: z.enum(["Revoke", "Retain"]).default("Revoke"),
  fingerprint: z.string(),
  hint: z.string(),
  createdAt: z.string(),
  revision: z.number(),
  /** The `generation` of the inputs that was obeyed last; unlike the revision it follows them also downwards. */
  generation: z.number(),
  retiredGeneration: z.number().default(0),
  nextRotationAt: z.string().optional(),
  previous: z.array(previousSchema).default([]),
  suspects: z.array(suspectSchema).default([]),
  status: z.enum(["active", "revoked", "rolled", "unconfirmed", "rolling"]),
  accountId: z.string(),
  /** The explicit Provider that made it, or that took it over; empty for the default one. */
  providerName: z.string().default(""),
  installation: z.string(),
  owner: z.string(),
});

/** What the state knows about a key, with its value in plain text: it leaves this process by {@link toState} only. */
export type Outputs = z.infer<typeof outputsSchema>;
export type Previous = z.infer<typeof previousSchema>;
export type Suspect = z.infer<typeof suspectSchema>;

/**
 * Reads what the state holds.
 * @throws ProviderError if it is not what this package has written.
 */
export function readOutputs(properties: Properties): Outputs {
  const parsed = outputsSchema.safeParse({ ...properties, key: unwrapSecret(properties["key"]) });
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path }) => path.map(String).join(".")).join(", ");
  throw new ProviderError(
    `The state of this ApiKey cannot be read (${fields}). If it was edited by hand, restore it from a backup; if a newer ` +
      "version of pulumi-signatureapi wrote it, use that one.",
  );
}

/** What the engine is to keep: the value as a secret, whatever the inputs were called. */
export function toState(outputs: Outputs): Properties {
  return sendable({ ...outputs, key: secret(outputs.key) });
}
