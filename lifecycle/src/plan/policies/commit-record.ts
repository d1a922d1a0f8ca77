import { isEmergency, type Attempt } from "../../attempt.ts";
import type { RemoteKey } from "../../evidence.ts";
import type { CommitRecord, PendingCommit, Retiring, StatusRecord, View } from "../view.ts";
import type { PresentView } from "./policy.ts";
import { isProblem } from "../view.ts";
import { retiringAfter, retiringValue } from "./replaced.ts";

/** The record that is written beside the value, in the same atomic write. */
export function commitRecordFor(
  view: PresentView,
  pendingCommit: PendingCommit,
  committedAt: number,
): CommitRecord {
  const { desired } = view.object;
  // None is recorded too, as empty: the first trigger ever declared is a change, a lost record is not.
  const trigger = isProblem(desired) ? obeyedTrigger(view) : (desired.trigger ?? "");
  return {
    keyId: pendingCommit.keyId,
    accountId: accountOf(view),
    revision: pendingCommit.attempt.revision,
    attempt: pendingCommit.attempt.id,
    fingerprint: pendingCommit.fingerprint,
    hint: pendingCommit.hint,
    createdAt: pendingCommit.createdAt,
    committedAt,
    previous: previousAfter(view, pendingCommit, committedAt),
    obeyedEmergency: emergencyAfter(view, pendingCommit),
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
  const adopted: PendingCommit = {
    attempt,
    keyId: id,
    fingerprint,
    hint,
    createdAt,
    receivedAt: view.now,
    lock: "held",
    commit: "due",
    createdSecret: false,
    failures: 0,
  };
  return commitRecordFor(view, adopted, view.now);
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
    attempt: trusted?.keyId === keyId ? trusted.attempt : "",
    createdAt: status.createdAt ?? view.now,
    committedAt: trusted?.committedAt ?? status.lastRotatedAt ?? status.createdAt ?? view.now,
    previous: status.previous,
    obeyedEmergency: knownEmergency(view),
    ...(trigger === undefined ? {} : { obeyedTrigger: trigger }),
    ...adoptOf(view),
  };
}

/** The trigger that the Secret says was obeyed; no record is not a change. */
export function obeyedTrigger(view: View): string | undefined {
  const { secret } = view;
  return secret.state === "present" && secret.owner === "this" ? secret.record?.obeyedTrigger : undefined;
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

/** A commit for another reason leaves an emergency pending: it would not end the keys that retire. */
function emergencyAfter(view: PresentView, { attempt }: PendingCommit): string {
  const { desired } = view.object;
  const obeys = isEmergency(attempt.reason) && !isProblem(desired);
  return (obeys ? desired.emergency : undefined) ?? knownEmergency(view);
}

/** Who retires with this commit: a roll replaces a value in place, a create replaces the key. */
function previousAfter(
  view: PresentView,
  pendingCommit: PendingCommit,
  committedAt: number,
): readonly Retiring[] {
  const { attempt } = pendingCommit;
  const previous = retiringAfter(view, attempt, committedAt);
  const replaced = attempt.op === "create" ? replacedKey(view.object.status, pendingCommit) : undefined;
  return replaced === undefined
    ? previous
    : [...previous, retiringValue(view, replaced, attempt.reason, committedAt)];
}

function replacedKey(status: StatusRecord, pendingCommit: PendingCommit): string | undefined {
  if (status.keyId === undefined || status.keyId === pendingCommit.keyId) return undefined;
  return pendingCommit.attempt.reason === "KeyRevoked" ? undefined : status.keyId;
}

function accountOf(view: PresentView): string {
  const { usable } = view.account;
  return view.object.status.accountId ?? (isProblem(usable) ? "" : usable.accountId);
}
