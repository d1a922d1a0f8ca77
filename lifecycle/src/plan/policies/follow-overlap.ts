import { act, type Decision } from "../decision.ts";
import { deliveredVerdict, recordWith } from "../records/status-record.ts";
import { isProblem } from "../view/problem.ts";
import type { Retiring, Verdict } from "../view/status.ts";
import type { PresentView } from "../view/view.ts";

/**
 * Moves the ends of retiring keys where `rotation.overlap` was edited meanwhile. It is on record before a key is
 * revoked by it.
 */
export function followOverlap(view: PresentView): Decision | undefined {
  const { previous } = view.object.status;
  if (view.pass.ownAttempt !== undefined) return undefined;
  const moved = previous.map((retiring) => ({ ...retiring, revokeAt: revokeTime(view, retiring) }));
  if (moved.every(({ revokeAt }, index) => revokeAt === previous[index]?.revokeAt)) return undefined;
  const status = recordWith(view, { previous: moved });
  const verdict = view.object.deleting ? RESCHEDULED : deliveredVerdict(status);
  return act({ kind: "write-status", why: "Rescheduled", status, verdict });
}

const RESCHEDULED: Verdict = {
  ready: false,
  reason: "RetirementPending",
  message: "the overlap was edited; previous keys are revoked at their new times, before the deletion ends",
  progress: "reconciling",
};

/** The overlap counts from the commit of the replacement. A time that is over already becomes now, and stays. */
function revokeTime({ object, now }: PresentView, { revokeAt, replacedAt }: Retiring): number {
  const { desired } = object;
  if (isProblem(desired) || replacedAt === undefined) return revokeAt;
  const declared = replacedAt + desired.overlap;
  return declared > now ? declared : Math.min(revokeAt, now);
}
