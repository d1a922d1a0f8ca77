import type { Rest } from "./decision.ts";
import { retiringProblem } from "./records/retiring-limit.ts";
import { isDelivered } from "./records/verdicts.ts";
import { holdOn, known, overdueKeys, reportedHold } from "./rollouts/hold.ts";
import { isSuspended, lookFrom, pendingRestart } from "./rollouts/rollouts.ts";
import type { RestartRecord } from "./view/dependents.ts";
import { type StatusRecord, UNTIL_REPLACED } from "./view/status.ts";
import type { PresentView } from "./view/view.ts";

/**
 * When a pass that rests is to be followed by another, in milliseconds since the epoch: when the rest itself asks for
 * it, when a previous key is due, when a rotation is due, or when rollouts are to be looked at. `undefined` where only
 * a change of the world calls for another pass.
 */
export function nextWakeUp(view: PresentView, rest: Rest): number | undefined {
  const delivered = rest.record === undefined ? undefined : nextDueTime(view, rest.record);
  return earliest(rest.requeueAt, delivered, nextRetirement(view), nextLook(view));
}

/** Whatever else is waited for, a previous key is revoked in time. */
function nextRetirement(view: PresentView): number | undefined {
  return earliest(...retirementTimes(view.object.status).filter((time) => time > view.now));
}

/** A time that is not known yet is nothing to wait for. */
function retirementTimes({ previous }: StatusRecord): readonly number[] {
  return previous.map(({ revokeAt }) => revokeAt).filter((time) => time !== UNTIL_REPLACED);
}

function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const dueTimes = times.filter((time) => time !== undefined);
  return dueTimes.length === 0 ? undefined : Math.min(...dueTimes);
}

/** What is overdue and was not done in this pass is not tried again at once: that would be a loop without a pause. */
function nextDueTime(view: PresentView, status: StatusRecord): number | undefined {
  const { now, timing } = view;
  // A rotation that too many retiring keys hold back is due when one of them is revoked.
  const rotation = retiringProblem(view) === undefined ? status.nextRotationAt : undefined;
  const due = earliest(rotation, ...retirementTimes(status));
  // What is held back is looked at in the pauses of its own.
  if (overdueKeys(view).length > 0 && reportedHold(view) !== undefined) return undefined;
  return due !== undefined && due <= now ? now + timing.retryAfterFailure : due;
}

/** When dependents are to be looked at again, in milliseconds since the epoch. */
function nextLook(view: PresentView): number | undefined {
  const restart = pendingRestart(view);
  if (restart?.restartedAt === undefined) {
    const due = restart === undefined || isSuspended(view) ? undefined : beginTime(view, restart);
    const held = isDelivered(view)
      ? overdueKeys(view).find((retiring) => known(holdOn(view, retiring)))
      : undefined;
    return due ?? (held === undefined ? undefined : view.now + pollPause(view, held.revokeAt));
  }
  const from = lookFrom(view, restart);
  if (from === undefined || view.now < from) return from;
  return view.now + pollPause(view, restart.restartedAt);
}

function beginTime({ now, timing }: PresentView, { committedAt }: RestartRecord): number {
  const due = committedAt + timing.restartDelay;
  return due > now ? due : now + timing.retryAfterFailure;
}

/** Rollouts that take long are looked at less often. */
function pollPause({ now, timing }: PresentView, since: number): number {
  return Math.min(Math.max(timing.rolloutPoll, (now - since) / 10), timing.retryAfterRefusal);
}
