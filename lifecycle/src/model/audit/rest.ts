import { isOwnTag, ownerOfUid, tagOf } from "../owners.ts";
import { HAND_MADE, type State } from "../state.ts";
import { secretAt } from "../store.ts";
import type { StoredObject, StoredSecret, VendorKey } from "../stored.ts";
import { activeKey, keyNamed } from "../vendor.ts";
import { isTooLateForItsApiKey } from "./invariant.ts";
import { livingOwners } from "./accounts.ts";

/** A world at rest is as declared: every ApiKey has its one key, and what is gone has left nothing. */
export function auditRest(state: State): string | undefined {
  for (const [index, { now }] of state.cluster.apiKeys.entries()) {
    const violation = now === undefined ? undefined : auditDelivered(state, index, now);
    if (violation !== undefined) return violation;
  }
  for (const { now } of state.cluster.secrets) {
    const violation = now === undefined ? undefined : auditLeftSecret(state, now);
    if (violation !== undefined) return violation;
  }
  const owners = livingOwners(state);
  const isLeft = (key: VendorKey): boolean =>
    !owners.includes(ownerIn(key)) &&
    !isTooLateForItsApiKey(state, key) &&
    (isOurKey(state, key) || isOrphanToRevoke(state, key));
  const left = state.keys.find(isLeft);
  return left === undefined ? undefined : `key ${left.id} outlives its ApiKey`;
}

/** Whether a key is active, of this installation and not excused. */
function isOurKey(state: State, { status, description }: VendorKey): boolean {
  const tag = tagOf(description);
  return status === "active" && isOwnTag(tag) && !isExcused(state, tag.attempt);
}

/** Where the account says so, what nothing accounts for goes too; but not what was made by hand. */
function isOrphanToRevoke({ orphans }: State, { id, status, description }: VendorKey): boolean {
  return orphans === "Revoke" && status === "active" && isOwnTag(tagOf(description)) && id !== HAND_MADE;
}

function ownerIn({ description }: VendorKey): string {
  return tagOf(description)?.owner ?? "";
}

function isExcused({ ghost }: State, attempt: string | undefined): boolean {
  return attempt !== undefined && ghost.excused.includes(attempt);
}

function auditDelivered(state: State, index: number, object: StoredObject): string | undefined {
  const name = `apikey-${index}`;
  if (object.deleting) return `${name} is never released`;
  const { status } = object;
  // A foreign tag always wins: a recorded key with the tag of another installation is left alone, whatever becomes of it.
  const tag = tagOf(keyNamed(state, status.keyId ?? "")?.description ?? "");
  if (tag !== undefined && !isOwnTag(tag)) return undefined;
  const key = activeKey(state, status.keyId ?? "");
  if (key === undefined) return `${name} comes to rest without an active key`;
  const secret = secretAt(state.cluster, index);
  if (secret?.value !== key.value) return `${name}'s Secret holds another value`;
  const isOurs = secret.owner === undefined || secret.owner === object.uid;
  if (isOurs && secret.previous !== undefined && !isRetiringValue(state, object, secret.previous))
    return `${name}'s Secret keeps a value that is of no retiring key`;
  const owner = ownerOfUid(object.uid);
  const others = state.keys.filter(
    (other) =>
      other.status === "active" &&
      other.id !== key.id &&
      ownerIn(other) === owner &&
      !isExcused(state, tagOf(other.description)?.attempt),
  );
  return others.length === 0 ? undefined : `${name} comes to rest with ${others.length} keys too many`;
}

/** What an emergency has replaced is kept in no entry. */
function isRetiringValue(state: State, { status }: StoredObject, value: string): boolean {
  const key = state.keys.find((candidate) => candidate.value === value && candidate.status === "active");
  return status.previous.some(({ keyId, reason }) => keyId === key?.id && reason !== "RotationForced");
}

function auditLeftSecret(state: State, secret: StoredSecret): string | undefined {
  const { record, owner, uid } = secret;
  const made = keyNamed(state, record?.keyId ?? "");
  const attempts = [record?.attempt, tagOf(made?.description ?? "")?.attempt];
  if (attempts.some((attempt) => isExcused(state, attempt)) || state.ghost.strays.includes(uid))
    return undefined;
  if (owner === undefined)
    return isLeftWithoutRecord(state, secret)
      ? "a Secret lost its record, and outlives its ApiKey"
      : undefined;
  const alive = state.cluster.apiKeys.some(({ now }) => now?.uid === owner);
  // One that was forged, and names no ApiKey that there ever was, is nobody's.
  const [first] = state.snapshots;
  if (first !== undefined && !first.apiKeys.some(({ now }) => now?.uid === owner)) return undefined;
  return alive ? undefined : `the Secret of ${owner} outlives its ApiKey`;
}

/**
 * Whether a Secret whose annotations were stripped holds the value of a key that was made for an ApiKey that is gone.
 * One that came late may have been stripped after its writer had looked, and has revoked its key: nothing says
 * whose it is.
 */
function isLeftWithoutRecord(state: State, { uid, value }: StoredSecret): boolean {
  if (state.ghost.late.includes(uid)) return false;
  const key = state.keys.find((candidate) => candidate.value === value);
  const tag = tagOf(key?.description ?? "");
  if (key === undefined || key.id === HAND_MADE || !isOwnTag(tag)) return false;
  return !isExcused(state, tag.attempt) && !livingOwners(state).includes(tag.owner);
}
