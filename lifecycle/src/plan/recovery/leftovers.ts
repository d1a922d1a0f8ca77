import { type AbandonedAttempt, attemptThatLeft } from "../../attempt.ts";
import type { RemoteKey } from "../../evidence.ts";
import { own } from "../../own.ts";
import { parseTag, type Tag } from "../../tag.ts";
import { restoreLeft } from "../adoption/undo.ts";
import { act, type Decision } from "../decision.ts";
import { keyState, revokeStep } from "../records/key-state.ts";
import { attemptOf, isNamed } from "../records/named-keys.ts";
import type { Step } from "../step.ts";
import type { Retiring } from "../view/status.ts";
import type { PresentView } from "../view/view.ts";
import { endLeftover } from "./abandon.ts";

/** The reads that go before a judgement: object and Secret live, and only then the key. */
export function lookAt(view: PresentView, keyId: string): (Decision & { step: Step }) | undefined {
  if (view.object.read === "cached") return { step: { kind: "read-object" } };
  if (view.secret.state === "unread" || view.secret.read === "cached")
    return { step: { kind: "read-secret" } };
  return own(view.pass.remote, keyId) === undefined ? { step: { kind: "get-key", keyId } } : undefined;
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
  const found = unrecorded(view, keyId);
  if (found === undefined) return undefined;
  const attempt = attemptThatLeft(found.key, view.object.status.abandoned, view.timing);
  if (attempt !== undefined) return isFencedOff(attempt) ? endLeftover(view, attempt, found.key) : undefined;
  return isSaidBySecret(view, keyId) ? undefined : revokeRepeated(view, found.key, found.tag);
}

/** Without a recorded listing the attempt's commit may still be accepted; one that was refused has none. */
function isFencedOff({ listings, refused }: AbandonedAttempt): boolean {
  return listings > 0 || refused === true;
}

/** A key with our tag that the status does not name. */
export function unrecorded(
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
  const first = own(view.pass.remote, keyId);
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

export function isSaidBySecret({ secret }: PresentView, keyId: string): boolean {
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
    const first = own(view.pass.remote, named);
    if (first === undefined) return act({ kind: "get-key", keyId: named });
    if (first === "absent" || attemptOf(view.object.status, first) !== tag.attempt) continue;
    if (Math.abs(first.createdAt - second.createdAt) <= view.timing.attemptLifetime)
      return revokeStep(view, second.id, "AttemptRepeated");
  }
  return undefined;
}
