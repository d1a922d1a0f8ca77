import type { ManagementApiErrorKind, Mode, Operation } from "@signatureapi-keys/management-api";
import type { Checkpoint } from "./checkpoint.ts";

/** What a process asks of its surroundings. It waits for the answer: between any two of these it can be stopped. */
export type Request =
  | { readonly kind: "getAccount" }
  | { readonly kind: "list" }
  | { readonly kind: "get"; readonly keyId: string }
  | { readonly kind: "create"; readonly mode: Mode; readonly description: string }
  | { readonly kind: "describe"; readonly keyId: string; readonly description: string }
  | { readonly kind: "roll"; readonly keyId: string; readonly mode: Mode }
  | { readonly kind: "revoke"; readonly keyId: string }
  /** The provider waits so many milliseconds. */
  | { readonly kind: "wait"; readonly ms: number }
  /** The provider asks whether its engine still listens. */
  | { readonly kind: "listens" }
  /** The engine writes its checkpoint. */
  | { readonly kind: "save"; readonly what: string; readonly checkpoint: Checkpoint };

/** A key as the API shows it; the value only in the answers of create and roll. */
export interface ShownKey {
  readonly id: string;
  readonly description: string;
  readonly mode: Mode;
  readonly status: "active" | "revoked";
  readonly createdAt: number;
  readonly hint: string;
  readonly value?: string;
}

/**
 * What a request is answered with. `now` is the time at which the process goes on; `born` the ordinal of the next key, for
 * the audit alone.
 */
export type Answer = { readonly now: number } & (
  | { readonly kind: "done" }
  | { readonly kind: "keys"; readonly keys: readonly ShownKey[]; readonly born: number }
  | { readonly kind: "key"; readonly key: ShownKey }
  | { readonly kind: "listens"; readonly listens: boolean }
  | { readonly kind: "failed"; readonly failure: Failed }
  /** The provider was killed; its engine sees the connection break. */
  | { readonly kind: "died" }
);

/** How a call of the client fails. */
export interface Failed {
  readonly kind: ManagementApiErrorKind;
  readonly effect: "none" | "unknown";
  /** The key that the unusable answer names. */
  readonly apiKeyId?: string;
}

/** The client's name of a request to the API; `undefined` for what is no such request. */
export function operationOf({ kind }: Request): Operation | undefined {
  return OPERATIONS[kind];
}

const OPERATIONS: Readonly<Partial<Record<Request["kind"], Operation>>> = {
  getAccount: "getAccount",
  list: "listApiKeys",
  get: "getApiKey",
  create: "createApiKey",
  describe: "updateApiKey",
  roll: "rollApiKey",
  revoke: "revokeApiKey",
};
