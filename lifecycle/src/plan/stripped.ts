import type { PendingCommit, SecretView } from "./view.ts";

/**
 * Whether a Secret holds the minted value, and its annotations have been taken off since it was written: nobody else
 * has that value, so the Secret is ours. A key that is adopted may have stood there before.
 */
export function isStrippedCommit(
  secret: SecretView,
  pendingCommit: PendingCommit,
): secret is SecretView & { state: "present" } {
  if (pendingCommit.attempt.op === "adopt" || secret.state !== "present") return false;
  return secret.owner === "none" && secret.fingerprint === pendingCommit.fingerprint;
}
