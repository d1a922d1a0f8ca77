import { type Attempt, isEmergency, isHeal, type MintReason } from "../../attempt.ts";
import { own } from "../../own.ts";
import type { Decision } from "../decision.ts";
import type { Step } from "../step.ts";
import type { CommitRecord } from "../view/secret.ts";
import { type Retiring, UNTIL_REPLACED } from "../view/status.ts";
import type { PresentView } from "../view/view.ts";
import { isTaggedOurs } from "./key-state.ts";
import { recordedAttempt } from "./named-keys.ts";
import { boundedTime, overlapOf } from "./times.ts";

const SECOND = 1_000;

/** What of an attempt says whom its commit replaces. */
export type Replacing = Pick<Attempt, "op" | "reason">;

/**
 * Who retires beside a commit that is accepted after the fact: whom the status knows, whom the commit replaced, and
 * of those that only the annotations name the ones whose own tags show that they are this object's. A status that
 * was wiped after the commit's writer had read it knows nobody.
 */
export function retiringBeside(
  view: PresentView,
  record: CommitRecord,
  attempt: Replacing,
): (Decision & { step: Step }) | { readonly previous: readonly Retiring[] } {
  const known = previousAfter(view, record, attempt);
  const latest = view.now + overlapOf(view);
  const found: Retiring[] = [];
  for (const claimed of record.previous) {
    if (claimed.keyId === record.keyId || known.some(({ keyId }) => keyId === claimed.keyId)) continue;
    const remote = own(view.pass.remote, claimed.keyId);
    if (remote === undefined) return { step: { kind: "get-key", keyId: claimed.keyId } };
    if (remote === "absent" || !isTaggedOurs(view, remote)) continue;
    const { replacedAt } = claimed;
    found.push({
      ...claimed,
      revokeAt: boundedTime(claimed.revokeAt, 0, latest),
      ...(replacedAt === undefined ? {} : { replacedAt: boundedTime(replacedAt, 0, view.now) }),
    });
  }
  return { previous: [...known, ...found] };
}

/** Whom an accepted commit replaced, as the status knows it. */
function previousAfter(
  view: PresentView,
  { keyId, committedAt }: CommitRecord,
  { op, reason }: Replacing,
): readonly Retiring[] {
  const { keyId: replaced, previous } = view.object.status;
  if (replaced === keyId && !isEmergency(reason) && !isHeal(reason)) return previous;
  const retiring = retiringAfter(view, { op, reason }, committedAt);
  if (replaced === keyId || replaced === undefined || op !== "create") return retiring;
  if (retiring.some((other) => other.keyId === replaced)) return retiring;
  return [...retiring, retiringValue(view, replaced, reason, committedAt)];
}

/** The delivered key, which a commit replaces, with what tells its value. One that was rolled by hand has another. */
export function retiringValue(
  view: PresentView,
  keyId: string,
  reason: MintReason,
  committedAt: number,
): Retiring {
  const retiring = retiringKey(view, keyId, reason, committedAt);
  const { fingerprint } = view.object.status;
  if (fingerprint === undefined || isEmergency(reason) || reason === "KeyRolled") return retiring;
  return { ...retiring, fingerprint };
}

/** A key that a commit replaces: it lives on for the overlap, and in an emergency not at all. */
function retiringKey(view: PresentView, keyId: string, reason: MintReason, committedAt: number): Retiring {
  const attempt = recordedAttempt(view.object.status, keyId);
  const retiring = { keyId, ...(attempt === undefined ? {} : { attempt }), reason };
  if (isEmergency(reason)) return { ...retiring, revokeAt: committedAt };
  return { ...retiring, revokeAt: committedAt + overlapOf(view), replacedAt: committedAt };
}

/**
 * The keys that retire already, after a commit: those that were to live until a replacement is committed get their
 * time with a new key, and an emergency ends them all. Where the commit heals, those that the healed value had replaced
 * get their overlap anew: their users were to take over a value that is dead.
 */
export function retiringAfter(
  view: PresentView,
  { op, reason }: Replacing,
  committedAt: number,
): readonly Retiring[] {
  const { previous } = view.object.status;
  if (isEmergency(reason)) return previous.map(({ keyId }) => retiringKey(view, keyId, reason, committedAt));
  const isReplacedAnew = (retiring: Retiring): boolean => {
    if (retiring.revokeAt === UNTIL_REPLACED) return op === "create" || reason === "Adopted";
    return isHeal(reason) && isReplacedByCurrent(view, retiring);
  };
  return previous.map((retiring) =>
    isReplacedAnew(retiring)
      ? { ...retiring, revokeAt: committedAt + overlapOf(view), replacedAt: committedAt }
      : retiring,
  );
}

/** Whether the value that stands on record now is the one that replaced this key. */
function isReplacedByCurrent({ object: { status } }: PresentView, { replacedAt }: Retiring): boolean {
  const { lastRotatedAt } = status;
  if (replacedAt === undefined || lastRotatedAt === undefined) return false;
  // An annotation tells the time of a commit to the second.
  return Math.abs(replacedAt - lastRotatedAt) < SECOND;
}
