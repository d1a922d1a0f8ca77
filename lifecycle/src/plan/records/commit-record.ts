import { type Attempt, isEmergency } from "../../attempt.ts";
import type { RemoteKey } from "../../evidence.ts";
import { own } from "../../own.ts";
import type { MintedKey, Obeyed } from "../commit/state.ts";
import { isProblem } from "../view/problem.ts";
import type { CommitRecord } from "../view/secret.ts";
import type { Retiring } from "../view/status.ts";
import type { PresentView, View } from "../view/view.ts";
import { attemptOf, recordedAttempt } from "./named-keys.ts";
import { accountOf } from "./pinned-account.ts";
import { retiringAfter, retiringValue } from "./replaced.ts";

/** The record that is written beside the value, in the same atomic write. */
export function commitRecordFor(view: PresentView, minted: MintedKey, committedAt: number): CommitRecord {
  const obeys = minted.obeys ?? declaredNow(view);
  // None is recorded too, as empty: the first trigger ever declared is a change, a lost record is not.
  const trigger = obeys === undefined ? obeyedTrigger(view) : obeys.trigger;
  return {
    keyId: minted.keyId,
    accountId: accountOf(view),
    revision: minted.attempt.revision,
    attempt: minted.attempt.id,
    fingerprint: minted.fingerprint,
    hint: minted.hint,
    createdAt: minted.createdAt,
    committedAt,
    previous: previousAfter(view, minted, committedAt),
    obeyedRotate: obeys?.rotate ?? knownRotate(view),
    obeyedEmergency: emergencyAfter(view, minted, obeys),
    ...(trigger === undefined ? {} : { obeyedTrigger: trigger }),
    ...adoptOf(view),
  };
}

/** The record of an adoption that keeps the value which stands in the Secret. */
export function adoptedRecord(
  view: PresentView,
  attempt: Attempt,
  { id, hint, createdAt }: RemoteKey,
  fingerprint: string,
): CommitRecord {
  const minted = { attempt, keyId: id, fingerprint, hint, createdAt };
  return commitRecordFor(view, minted, view.now);
}

/** Once something is committed, `spec.adopt` has been obeyed, or came too late: it is not obeyed again. */
function adoptOf({ object, secret }: PresentView): Pick<CommitRecord, "obeyedAdopt"> {
  const beside = secret.state === "present" && secret.owner === "this" ? secret.record : undefined;
  const adopt = isProblem(object.desired) ? beside?.obeyedAdopt : object.desired.adopt;
  return adopt === undefined ? {} : { obeyedAdopt: adopt };
}

/** The record that a Secret has lost, as the status still knows it. */
export function commitRecordFromStatus(view: PresentView): CommitRecord | undefined {
  const { status } = view.object;
  const { secret } = view;
  const { keyId, accountId, fingerprint, hint } = status;
  if (keyId === undefined || accountId === undefined || fingerprint === undefined || hint === undefined)
    return undefined;
  const trusted = secret.state === "present" && secret.owner === "this" ? secret.record : undefined;
  const trigger =
    trusted?.obeyedTrigger ??
    (isProblem(view.object.desired) ? undefined : (view.object.desired.trigger ?? ""));
  return {
    keyId,
    accountId,
    fingerprint,
    hint,
    revision: status.revision,
    attempt: trusted?.keyId === keyId ? trusted.attempt : (knownAttempt(view, keyId) ?? ""),
    createdAt: status.createdAt ?? view.now,
    committedAt: trusted?.committedAt ?? status.lastRotatedAt ?? status.createdAt ?? view.now,
    previous: status.previous,
    obeyedRotate: knownRotate(view),
    obeyedEmergency: knownEmergency(view),
    ...(trigger === undefined ? {} : { obeyedTrigger: trigger }),
    ...adoptOf(view),
  };
}

/** The attempt that has made a key, as the status records it, or else as its own tag says. */
function knownAttempt(view: PresentView, keyId: string): string | undefined {
  const { status } = view.object;
  const remote = own(view.pass.remote, keyId);
  if (remote === undefined || remote === "absent") return recordedAttempt(status, keyId);
  return attemptOf(status, remote);
}

/** The trigger that the Secret says was obeyed; no record is not a change. */
export function obeyedTrigger(view: View): string | undefined {
  const { secret } = view;
  return secret.state === "present" && secret.owner === "this" ? secret.record?.obeyedTrigger : undefined;
}

/** The request to rotate that the Secret says was obeyed; no record is not a change. */
export function obeyedRotate(view: View): string | undefined {
  const { secret } = view;
  return secret.state === "present" && secret.owner === "this" ? secret.record?.obeyedRotate : undefined;
}

/** That request, or where no record names one, what is declared. */
function knownRotate(view: PresentView): string {
  return obeyedRotate(view) ?? declaredNow(view)?.rotate ?? "";
}

/**
 * The emergency that counts as obeyed: the one that is on record, or where there is no record, the one that is
 * declared, since no record is not a change. The status comes first, since annotations of a Secret can be edited.
 */
export function knownEmergency(view: PresentView): string {
  const { desired, status } = view.object;
  const { secret } = view;
  const beside = secret.state === "present" && secret.owner === "this" ? secret.record : undefined;
  const declared = isProblem(desired) ? undefined : desired.emergency;
  return status.emergency ?? beside?.obeyedEmergency ?? declared ?? "";
}

/** What is declared, as far as a new key obeys it; undefined where it cannot be known. */
export function declaredNow({ object }: View): Obeyed | undefined {
  if (object.state === "gone" || isProblem(object.desired)) return undefined;
  const { trigger = "", rotate, emergency } = object.desired;
  return {
    trigger,
    ...(rotate === undefined ? {} : { rotate }),
    ...(emergency === undefined ? {} : { emergency }),
  };
}

/** A commit for another reason leaves an emergency pending: it would not end the keys that retire. */
function emergencyAfter(view: PresentView, { attempt }: MintedKey, obeys: Obeyed | undefined): string {
  return (isEmergency(attempt.reason) ? obeys?.emergency : undefined) ?? knownEmergency(view);
}

/** Who retires with this commit: a roll replaces a value in place, a create replaces the key. */
function previousAfter(view: PresentView, minted: MintedKey, committedAt: number): readonly Retiring[] {
  const { attempt } = minted;
  const previous = retiringAfter(view, attempt, committedAt);
  const replaced = attempt.op === "create" ? replacedKey(view, minted) : undefined;
  return replaced === undefined
    ? previous
    : [...previous, retiringValue(view, replaced, attempt.reason, committedAt)];
}

/** Only a key that was seen as revoked leaves the records at once: one that was not found may be shown again. */
function replacedKey(view: PresentView, minted: MintedKey): string | undefined {
  const { keyId } = view.object.status;
  if (keyId === undefined || keyId === minted.keyId) return undefined;
  const remote = own(view.pass.remote, keyId);
  const seenRevoked = remote !== undefined && remote !== "absent" && remote.status === "revoked";
  return minted.attempt.reason === "KeyRevoked" && seenRevoked ? undefined : keyId;
}
