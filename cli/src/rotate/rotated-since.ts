import { mainCondition, type ApiKeyFacts } from "../apikey/facts.ts";
import type { Judgement } from "../apikey/goals.ts";

/**
 * Whether an ApiKey has another value than before, and no attempt is pending. After an emergency, the keys of before
 * must be revoked too. A roll keeps the ID of the key, so that the fingerprint decides.
 */
export function rotatedSince(before: ApiKeyFacts, after: ApiKeyFacts, isEmergency: boolean): Judgement {
  const condition = mainCondition(after);
  const state = condition === undefined ? "" : `${condition.reason}: ${condition.message}`;
  const isReplaced = after.status.fingerprint !== before.status.fingerprint;
  if (!isReplaced || after.status.attempt !== undefined) return { state: "pending", missing: state };
  const left = isEmergency ? (after.status.previous ?? []).map(({ keyId }) => keyId) : [];
  if (left.length > 0) return { state: "pending", missing: `not revoked yet: ${left.join(", ")}. ${state}` };
  return { state: "reached" };
}
