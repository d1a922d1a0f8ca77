import * as z from "zod";
import { ProviderError } from "./failure.ts";
import { secret, sendable, unwrapSecret, type Properties } from "./wire.ts";

const previousSchema = z.looseObject({
  keyId: z.string(),
  /** The generation and the attempt that made it. */
  generation: z.number(),
  attempt: z.string(),
  /** ISO 8601. */
  revokeAt: z.string(),
});
const unrecordedKeySchema = z.looseObject({
  keyId: z.string(),
  createdAt: z.string(),
  description: z.string().optional(),
});

// What else a state holds, such as an output that an older version wrote, is ignored, and dropped by the next update.
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
  unrecordedKeys: z.array(unrecordedKeySchema).default([]),
  status: z.enum(["active", "revoked", "rolled", "unconfirmed", "rolling"]),
  accountId: z.string(),
  /** The explicit Provider that made it, or that took it over; empty for the default one. */
  providerName: z.string().default(""),
  installation: z.string(),
  owner: z.string(),
});

/** What the state records about a key, with its value in plain text: it leaves this process by {@link toState} only. */
export type Outputs = z.infer<typeof outputsSchema>;
/** A replaced key that works until its overlap has passed. */
export type Previous = z.infer<typeof previousSchema>;
/** A confirmed key with the tag of this resource that the state does not record. */
export type UnrecordedKey = z.infer<typeof unrecordedKeySchema>;

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

/** The IDs of the keys that the state records: the one in use, and those that were replaced and still work. */
export function recordedIds({ keyId, previous }: Pick<Outputs, "keyId" | "previous">): string[] {
  return [keyId, ...previous.map((key) => key.keyId)];
}
