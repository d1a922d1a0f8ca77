import { isOwnTag, ownerIndex, tagOf } from "../owners.ts";
import { HAND_MADE, type State } from "../state.ts";
import type { VendorKey } from "../stored.ts";
import { isAccounted } from "./accounts.ts";

/**
 * Whether a key came so late that the recovery and the deletion of its ApiKey were over: the limit that
 * docs/reliability.md names. Inventories report it.
 */
export function isTooLateForItsApiKey(state: State, key: VendorKey): boolean {
  const attempt = tagOf(key.description)?.attempt ?? "";
  return state.ghost.veryLate.includes(attempt) && ownerIndex(state, key) < 0;
}

/**
 * The invariant of the design, as a function of a state: each active key of ours is committed, retiring or traceable.
 *
 * Excused is, after an interference that takes records away, every attempt that was on record before it and
 * that what is left does not account for: no record leads to its key any more, nor says that it must not be
 * revoked. Nothing else is excused.
 */
export function auditState(state: State): string | undefined {
  const holders = state.cluster.apiKeys.filter(({ now }) => now?.status.keyId === HAND_MADE);
  if (holders.length > 1) return `${holders.length} ApiKeys record key ${HAND_MADE}`;
  const { excused, repeated, recorded } = state.ghost;
  for (const key of state.keys) {
    if (key.status !== "active") continue;
    const tag = tagOf(key.description);
    if (!isOwnTag(tag) || excused.includes(tag.attempt)) continue;
    // It is traced by the other key of its attempt, and by the next sweep; at rest none may be left.
    if (repeated.includes(key.id)) continue;
    if (isTooLateForItsApiKey(state, key)) continue;
    if (!recorded.includes(tag.attempt)) return `key ${key.id} lives under an attempt never recorded`;
    if (!isAccounted(state, key, tag)) return `key ${key.id} lives and nothing accounts for it`;
  }
  return undefined;
}
