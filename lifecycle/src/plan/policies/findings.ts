import { isLeftBy } from "../../attempt.ts";
import type { RemoteKey } from "../../evidence.ts";
import { parseTag, type Tag } from "../../tag.ts";
import type { Step } from "../step.ts";
import { attemptOf, isDelivered, isNamed } from "../verdicts.ts";
import { isProblem, type Findings, type Retiring } from "../view.ts";
import { restoreLeft } from "./adoption-undo.ts";
import { endLeftover } from "./attempts.ts";
import { isRolled, keyState, revokeStep } from "./keys.ts";
import { act, type Decision, type PresentView } from "./policy.ts";

/**
 * Looks into what the inventory has found: hints to look, never evidence. Whatever they say, object, Secret and key
 * are read live before anything is done, and what cannot be proven from them is left alone.
 */
export function followFindings(view: PresentView): Decision | undefined {
  const { findings } = view;
  // Nothing comes between a write-ahead and what it was written for.
  if (findings === undefined || view.pass.ownAttempt !== undefined || isProblem(view.account.usable))
    return undefined;
  return (
    lookIntoDoubts(view, findings) ?? endLeftovers(view, findings.leftovers) ?? revokeOrphans(view, findings)
  );
}

/**
 * Asks for the recorded key if it may be gone, or may have another value than the one that was committed: what the
 * answer means is judged where keys are due.
 */
function lookIntoDoubts(view: PresentView, { doubts }: Findings): Decision | undefined {
  const { keyId } = view.object.status;
  if (keyId === undefined || !doubts.includes(keyId)) return undefined;
  return lookAt(view, keyId);
}

/** The reads that go before a judgement: object and Secret live, and only then the key. */
function lookAt(view: PresentView, keyId: string): (Decision & { step: Step }) | undefined {
  if (view.object.read === "cached") return { step: { kind: "read-object" } };
  if (view.secret.state === "unread" || view.secret.read === "cached")
    return { step: { kind: "read-secret" } };
  return view.pass.remote[keyId] === undefined ? { step: { kind: "get-key", keyId } } : undefined;
}

/** Keys that an abandoned attempt left later than its recovery looked, and second keys of one attempt. */
export function endLeftovers(view: PresentView, leftovers: readonly string[]): Decision | undefined {
  for (const keyId of leftovers) {
    const decision = lookAt(view, keyId) ?? endIfLeft(view, keyId);
    if (decision !== undefined) return decision;
  }
  return undefined;
}

function endIfLeft(view: PresentView, keyId: string): Decision | undefined {
  const restored = restoreLeft(view, keyId);
  if (restored !== undefined) return restored;
  const own = unrecorded(view, keyId);
  if (own === undefined) return undefined;
  const attempt = view.object.status.abandoned.find((each) => isLeftBy(own.key, each, view.timing));
  // Without a recorded listing the attempt's commit may still be accepted.
  if (attempt !== undefined) return attempt.listings > 0 ? endLeftover(view, attempt, own.key) : undefined;
  return isSaidBySecret(view, keyId) ? undefined : revokeRepeated(view, own.key, own.tag);
}

/** A key with our tag that the status does not name. */
function unrecorded(
  view: PresentView,
  keyId: string,
): { readonly key: RemoteKey; readonly tag: Tag } | undefined {
  const known = keyState(view, keyId);
  if (known.state !== "ours" || isNamed(view.object.status, keyId)) return undefined;
  const tag = parseTag(known.key.description);
  return tag === undefined ? undefined : { key: known.key, tag };
}

/**
 * Looks for other keys of a retiring key's attempt, before that key leaves the records: only beside it can they be
 * told. Nothing is to be done where an inventory has looked since the attempt's time was over and the key was surely on
 * record: when it was replaced, at the latest.
 */
export function endSiblings(
  view: PresentView,
  { keyId, replacedAt, revokeAt }: Retiring,
): Decision | undefined {
  const first = view.pass.remote[keyId];
  if (first === undefined) return act({ kind: "get-key", keyId });
  if (first === "absent") return undefined;
  const known = Math.max(first.createdAt + view.timing.attemptLifetime, replacedAt ?? revokeAt);
  return wasSweptSince(view, known) ? undefined : endUnnamed(view);
}

/** Looks for keys with our tag that the status does not name, and ends those that can be told beside one that it names. */
export function endUnnamed(view: PresentView): Decision | undefined {
  const { listing } = view.pass;
  if (listing === undefined) return act({ kind: "list-keys" });
  const unnamed = listing.keys.filter(({ id }) => !isNamed(view.object.status, id));
  return endLeftovers(
    view,
    unnamed.map(({ id }) => id),
  );
}

/** Whether an inventory that began after this time has told of everything that it found. */
export function wasSweptSince({ account }: PresentView, time: number): boolean {
  return account.sweeps?.some((begun) => begun > time) === true;
}

function isSaidBySecret({ secret }: PresentView, keyId: string): boolean {
  const record = secret.state === "present" && secret.owner === "this" ? secret.record : undefined;
  return record?.keyId === keyId || record?.previous.some((retiring) => retiring.keyId === keyId) === true;
}

/**
 * A second key of an attempt whose first one the status names: something on the way has sent the request twice.
 * Its value was never seen by us. A copied description on a key of another time proves nothing; that the first one's
 * description was edited by hand hides nothing that is recorded.
 */
function revokeRepeated(view: PresentView, second: RemoteKey, tag: Tag): Decision | undefined {
  const { keyId: current, previous } = view.object.status;
  for (const named of [current, ...previous.map(({ keyId }) => keyId)]) {
    if (named === undefined) continue;
    const first = view.pass.remote[named];
    if (first === undefined) return act({ kind: "get-key", keyId: named });
    if (first === "absent" || attemptOf(view.object.status, first) !== tag.attempt) continue;
    if (Math.abs(first.createdAt - second.createdAt) <= view.timing.attemptLifetime)
      return revokeStep(view, second.id, "AttemptRepeated");
  }
  return undefined;
}

/**
 * Keys of ours that no record knows, where the account allows to revoke them. One may run in Pods all the same, if
 * the records were rolled back: it goes only when a later key is committed, active, and older than the overlap.
 */
function revokeOrphans(view: PresentView, { orphans }: Findings): Decision | undefined {
  for (const keyId of orphans) {
    const decision = lookAt(view, keyId) ?? revokeIfOrphaned(view, keyId);
    if (decision !== undefined) return decision;
  }
  return undefined;
}

function revokeIfOrphaned(view: PresentView, keyId: string): Decision | undefined {
  const { status } = view.object;
  const own = unrecorded(view, keyId);
  if (own === undefined || isSaidBySecret(view, keyId) || status.keyId === undefined) return undefined;
  const attempts = [status.attempt, ...status.abandoned].map((attempt) => attempt?.id);
  if (attempts.includes(own.tag.attempt) || !isDelivered(view)) return undefined;
  const committed = keyState(view, status.keyId);
  if (committed.state === "unknown") return act({ kind: "get-key", keyId: status.keyId });
  if (committed.state !== "ours" || !isReplacement(view, committed.key, own.key)) return undefined;
  return revokeStep(view, keyId, "Orphaned");
}

/** Whether a delivered key came later than another, and has served for as long as the overlap. */
function isReplacement(view: PresentView, committed: RemoteKey, old: RemoteKey): boolean {
  const { desired, status } = view.object;
  if (isProblem(desired) || committed.status !== "active" || isRolled(view, committed)) return false;
  // The status knows the time of a first commit only by the creation of its key, and a key waits for its commit
  // no longer than an attempt lives.
  const committedAt = Math.max(status.lastRotatedAt ?? 0, committed.createdAt + view.timing.attemptLifetime);
  return committed.createdAt > old.createdAt && view.now >= committedAt + desired.overlap;
}
