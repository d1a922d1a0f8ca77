import type { Step } from "../../index.ts";
import { ownerIndex, tagOf } from "../owners.ts";
import { HAND_MADE, type Request, type State } from "../state.ts";
import { objectAt, secretAt } from "../store.ts";
import type { StoredObject, VendorKey } from "../stored.ts";
import { activeKey } from "../vendor.ts";
import { isCommitted, isInPods } from "./accounts.ts";

/** No key is revoked that is committed, that may be in use, or whose time is not over. */
export function auditRevocation(
  state: State,
  { epoch, sawActive, sawOver }: Request,
  step: Step & { kind: "revoke-key" },
): string | undefined {
  const { keyId } = step;
  const key = activeKey(state, keyId);
  if (key?.id === HAND_MADE && !state.ghost.adopted.includes(keyId))
    return `key ${keyId}, which we have not made, is revoked and was never recorded`;
  const index = key === undefined ? -1 : ownerIndex(state, key);
  const object = objectAt(state.cluster, index);
  if (key === undefined || object === undefined || object.deleting) return undefined;
  // Decided on a record that was wiped before the request arrived: no recovery could have fenced it off.
  const excused = state.ghost.excused.includes(tagOf(key.description)?.attempt ?? "");
  if (excused && epoch < state.epoch) return undefined;
  if (isCommitted(state, key)) return `the committed key ${keyId} is revoked`;
  if (object.status.keyId === keyId) return `the recorded key ${keyId} is revoked before it is replaced`;
  if (isNeeded(state, key)) return `key ${keyId}, which a restore forgot, is revoked while it may be in use`;
  const replaced = step.reason === "Retired" || step.reason === "Orphaned";
  if (replaced && !sawActive && object.status.keyId !== undefined)
    return `key ${keyId} is revoked without a look at the key that replaces it`;
  if (replaced && !isReplacedByActive(state, object))
    return `key ${keyId} is revoked while the key that replaces it is not active`;
  return auditRetirement(state, step, object, { key, index, sawOver });
}

/** Whether the recorded key is active, or was revoked from outside, which no look can rule out. */
function isReplacedByActive({ keys, ghost }: State, { status: { keyId } }: StoredObject): boolean {
  if (keyId === undefined || ghost.revokedOutside.includes(keyId)) return true;
  return keys.some(({ id, status }) => id === keyId && status === "active");
}

function auditRetirement(
  state: State,
  { keyId, reason }: Step & { kind: "revoke-key" },
  object: StoredObject,
  { key, index, sawOver }: { readonly key: VendorKey; readonly index: number; readonly sawOver: boolean },
): string | undefined {
  const secret = secretAt(state.cluster, index);
  const beside = secret?.owner === object.uid ? (secret.record?.previous ?? []) : [];
  const retiring = [...object.status.previous, ...beside].find((candidate) => candidate.keyId === keyId);
  // A writer that has taken the minted value back knows that it is not in use.
  const givenUp = reason === "CommitLost" && retiring?.reason === "AttemptRevived";
  // A request may be under way when a value is healed, and the end is moved with it: it was over when it was sent.
  if (retiring !== undefined && state.now < retiring.revokeAt && !givenUp && !sawOver)
    return `the previous key ${keyId} is revoked within its overlap`;
  const waits = reason === "Retired" && retiring?.reason !== "RotationForced";
  return waits && isInPods(state, index, key)
    ? `the previous key ${keyId} is revoked while Pods use it`
    : undefined;
}

/**
 * Whether a key that a restore forgot is used by Pods, and later ones have not been delivered for as long as the
 * overlap. The one test key of an account cannot wait for its own replacement.
 */
function isNeeded(state: State, key: VendorKey): boolean {
  if (!state.ghost.inUse.includes(key.id) || key.mode === "test") return false;
  const index = ownerIndex(state, key);
  const { desired, status } = objectAt(state.cluster, index) ?? {};
  // An emergency waits for nobody.
  if ((status?.emergency ?? "") !== "") return false;
  const overlap = desired !== undefined && "overlap" in desired ? desired.overlap : 0;
  const later = state.keys.filter(
    (other) => other.createdAt > key.createdAt && ownerIndex(state, other) === index,
  );
  // It may be replaced once more within the overlap, which began with the first replacement.
  const first = later.find(({ value }) => state.ghost.written.includes(value));
  const delivered = later.some((other) => other.status === "active" && isCommitted(state, other));
  return !(delivered && first !== undefined && state.now >= first.createdAt + overlap);
}
