import type { Hand, SecretView } from "./view.ts";

/**
 * Whether a Secret holds the value in hand, and its annotations have been taken off since it was written: nobody else
 * has that value, so the Secret is ours.
 */
export function isStrippedCommit(
  secret: SecretView,
  hand: Hand,
): secret is SecretView & { state: "present" } {
  return secret.state === "present" && secret.owner === "none" && secret.fingerprint === hand.fingerprint;
}
