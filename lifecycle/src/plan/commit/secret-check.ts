import type { Problem } from "../view/problem.ts";
import type { PresentSecret, SecretView } from "../view/secret.ts";
import type { MintedKey } from "./state.ts";

/** Whether a Secret holds the minted value with its record: what was written is committed. */
export function holdsCommit(secret: SecretView, minted: MintedKey): secret is PresentSecret {
  return (
    carriesAttempt(secret, minted) &&
    secret.record?.keyId === minted.keyId &&
    secret.fingerprint === minted.fingerprint
  );
}

function carriesAttempt(secret: SecretView, { attempt }: MintedKey): secret is PresentSecret {
  return secret.state === "present" && secret.owner === "this" && secret.record?.attempt === attempt.id;
}

/** Whether the commit has written this Secret, whatever has become of its content or its annotations. */
export function isWrittenBy(secret: SecretView, minted: MintedKey): secret is PresentSecret {
  return isStrippedCommit(secret, minted) || carriesAttempt(secret, minted);
}

/**
 * Whether a Secret holds the minted value without its annotations: no other process has that value, so the Secret is
 * ours. A value that is adopted may have been there before.
 */
export function isStrippedCommit(secret: SecretView, minted: MintedKey): secret is PresentSecret {
  if (minted.attempt.op === "adopt" || secret.state !== "present") return false;
  return secret.owner === "none" && secret.fingerprint === minted.fingerprint;
}

/** Why the value cannot be written over what was seen: a forgery of our attempt, or a Secret of another owner. */
export function writeObstacle(secret: SecretView, minted: MintedKey): Problem | undefined {
  if (secret.state !== "present") return undefined;
  const { owner, record } = secret;
  if (record?.attempt === minted.attempt.id)
    return conflict("carries our attempt with data that is not ours");
  if (owner !== "this" && !isStrippedCommit(secret, minted)) return conflict("is not this ApiKey's");
  if (secret.taken === undefined) return undefined;
  return conflict(`has an entry ${secret.taken} that the controller has not written`, "SecretEntryConflict");
}

function conflict(what: string, reason: Problem["reason"] = "SecretConflict"): Problem {
  return {
    reason,
    message: `the Secret ${what}; the key that was minted for it is revoked`,
    transient: false,
  };
}
