import type { Hand, SecretView } from "./view.ts";

/**
 * Whether a Secret holds the value in hand, and its annotations have been taken off since it was written: nobody else
 * has that value, so the Secret is ours. A key that is adopted may have stood there before.
 */
export function isStrippedCommit(
  secret: SecretView,
  hand: Hand,
): secret is SecretView & { state: "present" } {
  if (hand.attempt.op === "adopt" || secret.state !== "present") return false;
  return secret.owner === "none" && secret.fingerprint === hand.fingerprint;
}
