import type { Tag } from "@signatureapi-keys/lifecycle";
import type { ApiKey, KeyValue, Mode } from "@signatureapi-keys/management-api";
import { revealKeyValue } from "@signatureapi-keys/management-api/reveal";
import type { Identity } from "./evidence.ts";
import type { Outputs } from "./outputs.ts";

/** What a key is asked for with. */
export interface MintRequest {
  readonly identity: Identity;
  readonly mode: Mode;
  readonly description: string;
  /** The ordinal of the key: 1 is the first one of this resource. */
  readonly revision: number;
}

/** The tag of a key that is asked for, once it is confirmed. */
export function tagFor({ identity, revision }: MintRequest, attempt: string): Tag {
  return { installation: identity.installation, owner: identity.owner, revision, attempt };
}

/** A key whose value this process has, and the engine has not yet. */
export interface Minted {
  readonly apiKey: ApiKey;
  readonly value: KeyValue;
  /** The attempt in its tag. */
  readonly attempt: string;
  /** Why it is not known whether the key was confirmed. It is worth keeping, and the next update finds out. */
  readonly unconfirmed?: string;
}

/** The outputs that describe the key itself. Here, and nowhere else, its value becomes plain text. */
export function outputsOf(
  minted: Minted,
): Pick<Outputs, "key" | "keyId" | "attempt" | "fingerprint" | "hint" | "createdAt" | "status"> {
  const { apiKey, value, attempt } = minted;
  return {
    key: revealKeyValue(value),
    keyId: apiKey.id,
    attempt,
    fingerprint: value.fingerprint,
    hint: value.hint,
    createdAt: apiKey.createdAt.toISOString(),
    status: minted.unconfirmed === undefined ? "active" : "unconfirmed",
  };
}

/** What a user reads about a minted key that may not be confirmed; `undefined` where it is. */
export function unconfirmedMessage({ unconfirmed }: Minted): string | undefined {
  return unconfirmed === undefined ? undefined : `${unconfirmed} Run pulumi up again: it finds out.`;
}
