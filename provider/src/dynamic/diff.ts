import type { ApiKey } from "@signatureapi-keys/management-api";
import { accountChanged } from "./failure.ts";
import { judgeLeftover } from "./leftovers.ts";
import { readOutputs, recordedIds, type Outputs } from "./outputs.ts";
import type { Remote } from "./remote.ts";
import { lossOf } from "./replacement.ts";
import { hasUnknown, isUnknown, type Properties } from "./wire.ts";

/** What the engine learns from a comparison: whether to update, and which properties need a replacement. */
export interface Difference {
  readonly changes: boolean;
  readonly replaces?: string[];
}

/**
 * Compares checked inputs with the outputs in the state: after a partial update the old inputs lag behind.
 *
 * @param now milliseconds since the epoch.
 * @throws ProviderError if the state cannot be read, or `AccountChanged`.
 */
export function diff(
  olds: Properties,
  news: Properties,
  { providerName, accountId, keys }: Remote,
  now: number,
): Difference {
  const outputs = readOutputs(olds);
  const moved = providerName !== undefined && providerName !== outputs.providerName;
  if (accountId !== undefined && accountId !== outputs.accountId) {
    // Only the Provider that made a key can revoke it: moved to another one, it is replaced, and the old one is asked to.
    if (moved) return { changes: true, replaces: ["accountId"] };
    throw accountChanged(outputs.accountId, accountId);
  }
  const { mode } = news;
  if (typeof mode === "string" && !isUnknown(mode) && mode !== outputs.mode) {
    return { changes: true, replaces: ["mode"] };
  }
  return {
    changes:
      hasUnknown(declaredPart(news)) ||
      differs(outputs, news) ||
      isOverdue(outputs, news, now) ||
      (keys !== undefined && isOutdated(outputs, keys, now)) ||
      moved,
  };
}

/** The inputs whose change is an update; an unknown one may be a change. */
function declaredPart({ mode, description, deletionPolicy, rotation, generation }: Properties): Properties {
  return { mode, description, deletionPolicy, rotation, generation };
}

function differs(outputs: Outputs, news: Properties): boolean {
  return (
    outputs.status !== "active" ||
    news["description"] !== outputs.description ||
    news["deletionPolicy"] !== outputs.deletionPolicy ||
    news["generation"] !== outputs.generation ||
    news["retiredGeneration"] !== outputs.retiredGeneration ||
    (news["rotateAt"] ?? undefined) !== outputs.nextRotationAt
  );
}

/** Whether a replaced key has outlived its overlap although no input announces its revocation any more. */
function isOverdue(outputs: Outputs, news: Properties, now: number): boolean {
  return (
    news["retireAt"] === undefined && outputs.previous.some(({ revokeAt }) => Date.parse(revokeAt) <= now)
  );
}

/**
 * Whether the account shows another picture than the state: an operation that was cut off has changed the key in use, or has
 * left keys. A listing proves nothing; the update that follows looks at each key by its ID, and changes nothing without need.
 */
function isOutdated(outputs: Outputs, keys: ReadonlyMap<string, ApiKey>, now: number): boolean {
  if (lossOf(keys.get(outputs.keyId), outputs) !== undefined) return true;
  const sweep = { identity: outputs, known: recordedIds(outputs), unconfirmed: "wait" } as const;
  const unrecorded = new Set(outputs.unrecordedKeys.map(({ keyId }) => keyId));
  for (const apiKey of keys.values()) {
    const leftover = judgeLeftover(apiKey, sweep, now);
    if (leftover.do === "revoke") return true;
    if (leftover.do === "report" && !unrecorded.delete(apiKey.id)) return true;
  }
  return unrecorded.size > 0;
}
