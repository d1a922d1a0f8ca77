import { parseTag } from "@signatureapi-keys/lifecycle";
import { LATEST_EFFECT_MS } from "../vendor-faults.ts";
import type { Rollback, VendorKey } from "../history.ts";
import { LAG_MS, type IndexedHistory } from "./index-of-history.ts";

/**
 * Why no record knows a living key, where that is the doing of others: its ApiKey's status was wiped while it recorded
 * the key's attempt or was the only evidence of it, or etcd was rolled back to before it.
 */
export function explanationOf(
  key: VendorKey,
  uid: string,
  index: IndexedHistory,
): "rewritten" | "forgotten" | "rolled-back" | undefined {
  if (isUntraceable(key, uid, index)) return "rewritten";
  if (isForgotten(key, uid, index)) return "forgotten";
  return isRolledBack(takenOverAt(key, uid, index), index.history.rollbacks) ? "rolled-back" : undefined;
}

/** When a key became this ApiKey's: with its making; or, of one that was made by hand, with its adoption. */
function takenOverAt(key: VendorKey, uid: string, index: IndexedHistory): number {
  if (index.adoptable(key) === undefined) return key.createdAt;
  const attempt = parseTag(key.description)?.attempt;
  const begun = index.versionsOf(uid).find(({ status }) => status.attempt?.id === attempt);
  return begun?.at ?? index.actsOn(uid, "adopt").at(-1)?.at ?? key.createdAt;
}

/** Whether the vendor has replaced a key's tag, and the status that was the only evidence left has been wiped. */
function isUntraceable(key: VendorKey, uid: string, index: IndexedHistory): boolean {
  if (key.description !== index.history.rewritten) return false;
  const named = index.versionsOf(uid).find(({ status }) => status.keyId === key.id);
  return (
    named !== undefined && index.actsOn(uid, "wipe-status").some(({ doneAt }) => named.at <= doneAt + LAG_MS)
  );
}

/** Nobody promises to find a key whose record a user has removed: the last status before a wipe named its attempt. */
function isForgotten(key: VendorKey, uid: string, index: IndexedHistory): boolean {
  const attempt = index.attemptOf(key);
  if (attempt === undefined) return false;
  return index.actsOn(uid, "wipe-status").some(({ doneAt }) => {
    const before = index.versionsOf(uid).filter(({ at }) => at <= doneAt + LAG_MS);
    return before.some(({ status }) =>
      [status.attempt, ...status.abandoned].some((recorded) => recorded?.id === attempt),
    );
  });
}

/** Whether a key was made, or asked to be adopted, after a snapshot. A request that was sent before the rollback may take effect after it. */
export function isRolledBack(time: number, rollbacks: readonly Rollback[]): boolean {
  return rollbacks.some(
    ({ snapshotAt, restoredAt }) => time >= snapshotAt && time <= restoredAt + LATEST_EFFECT_MS,
  );
}
