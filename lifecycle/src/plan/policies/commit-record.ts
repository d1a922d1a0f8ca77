import type { CommitRecord, Hand, Retiring, StatusRecord, View } from "../view.ts";
import type { PresentView } from "./policy.ts";
import { isProblem } from "../view.ts";
import { replacedAt } from "./replaced.ts";
import { overlapOf } from "./times.ts";

/** The record that is written beside the value, in the same atomic write. */
export function commitRecordFor(view: PresentView, hand: Hand, committedAt: number): CommitRecord {
  const { desired } = view.object;
  // None is recorded too, as empty: the first trigger ever declared is a change, a lost record is not.
  const trigger = isProblem(desired) ? obeyedTrigger(view) : (desired.trigger ?? "");
  return {
    keyId: hand.keyId,
    accountId: accountOf(view),
    revision: hand.attempt.revision,
    attempt: hand.attempt.id,
    fingerprint: hand.fingerprint,
    hint: hand.hint,
    createdAt: hand.createdAt,
    committedAt,
    previous: retiringAfter(view, hand, committedAt),
    ...(trigger === undefined ? {} : { obeyedTrigger: trigger }),
  };
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
    ...(trigger === undefined ? {} : { obeyedTrigger: trigger }),
  };
}

/** The trigger that the Secret says was obeyed; no record is not a change. */
export function obeyedTrigger(view: View): string | undefined {
  const { secret } = view;
  return secret.state === "present" && secret.owner === "this" ? secret.record?.obeyedTrigger : undefined;
}

/** Who retires with this commit: a roll replaces a value in place, a create replaces the key. */
function retiringAfter(view: PresentView, hand: Hand, committedAt: number): readonly Retiring[] {
  const { status } = view.object;
  if (hand.attempt.op !== "create") return status.previous;
  const revokeAt = committedAt + overlapOf(view);
  const previous = replacedAt(status, revokeAt);
  const replaced = replacedKey(status, hand);
  return replaced === undefined
    ? previous
    : [...previous, { keyId: replaced, revokeAt, reason: hand.attempt.reason }];
}

function replacedKey(status: StatusRecord, hand: Hand): string | undefined {
  if (status.keyId === undefined || status.keyId === hand.keyId) return undefined;
  return hand.attempt.reason === "KeyRevoked" ? undefined : status.keyId;
}

function accountOf(view: PresentView): string {
  const { usable } = view.account;
  return view.object.status.accountId ?? (isProblem(usable) ? "" : usable.accountId);
}
