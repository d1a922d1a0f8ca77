import { adoptWhenDeclared } from "./policies/adopting.ts";
import { recoverAttempts } from "./policies/attempts.ts";
import { endWhenDeleted } from "./policies/deletion.ts";
import { nextLook, overdueKeys, restartDependents, reportedHold, type Hold } from "./policies/dependents.ts";
import { followFindings } from "./policies/findings.ts";
import { finishCommit, finishCommitWithoutObject } from "./policies/finish-commit.ts";
import { mintWhenDue } from "./policies/minting.ts";
import { moveHere } from "./policies/moving.ts";
import type { Decision, Policy, PresentView } from "./policies/policy.ts";
import { repairRecords } from "./policies/records.ts";
import {
  leaveToAnother,
  pinAccount,
  refuseInvalid,
  restAfterFailure,
  reportShape,
} from "./policies/refusals.ts";
import { followOverlap } from "./policies/rescheduling.ts";
import { retirePrevious } from "./policies/retiring.ts";
import { deliveredVerdict, withRotation } from "./policies/status-record.ts";
import { isEffect, type Step } from "./step.ts";
import { problemVerdict, sameRecord, sameVerdict } from "./verdicts.ts";
import { UNTIL_REPLACED, type StatusRecord, type Verdict, type View } from "./view.ts";

/** The rules in the order in which they are asked: the first that has something to say is followed. */
const POLICIES: readonly Policy[] = [
  finishCommit,
  leaveToAnother,
  restAfterFailure,
  pinAccount,
  endWhenDeleted,
  repairRecords,
  recoverAttempts,
  moveHere,
  followFindings,
  followOverlap,
  restartDependents,
  retirePrevious,
  refuseInvalid,
  adoptWhenDeclared,
  mintWhenDue,
  reportShape,
];

/**
 * Says what to do next, from what is known now. It is asked again after each step, with the step's result
 * folded into the view, until it answers `rest`; so a restart after a crash anywhere takes the same road.
 *
 * Pure: equal views give equal steps.
 */
export function plan(view: View): Step {
  if (!isPresent(view)) return planWithoutObject(view);
  const decision = decide(view);
  const step = "step" in decision ? decision.step : finish(view, decision);
  if (view.readOnly && isEffect(step)) return restReadOnly(view, step);
  return needsLiveObject(view, step) ? { kind: "read-object" } : step;
}

/**
 * A cached object is good for seeing that nothing is to be done. Whatever else it seems to call for may only be
 * that it lags behind, as it does after each write of our own: it is read again before anybody else is asked.
 */
function needsLiveObject(view: PresentView, step: Step): boolean {
  if (view.object.read === "live" || step.kind === "rest") return false;
  return isEffect(step) || !(step.kind === "read-secret" && view.secret.state === "unread");
}

/** What `--read-only` answers to every effect: what would be done, and nothing more. */
function restReadOnly(view: PresentView, step: Step): Step {
  const verdict = problemVerdict(view, {
    reason: "ReadOnly",
    message: `the next step would be ${whatFor(step)}`,
    transient: false,
  });
  return { kind: "rest", verdict, requeueAt: undefined };
}

function whatFor(step: Step): string {
  const attempt = step.kind === "write-status" && step.why === "WriteAhead" ? step.status.attempt : undefined;
  return attempt?.op === "adopt" ? `${step.kind}, to adopt key ${attempt.keyId ?? ""}` : step.kind;
}

function decide(view: PresentView): Decision {
  for (const policy of POLICIES) {
    const decision = policy(view);
    if (decision !== undefined) return decision;
  }
  const record = withRotation(view);
  const hold = reportedHold(view);
  const verdict = hold === undefined ? deliveredVerdict(record) : problemVerdict(view, hold.problem);
  return { verdict, requeueAt: nextDueTime(view, record, hold), record };
}

function planWithoutObject(view: View): Step {
  const decision = finishCommitWithoutObject(view);
  if (decision !== undefined && "step" in decision) return decision.step;
  return { kind: "rest", verdict: undefined, requeueAt: undefined };
}

/** Resting includes saying so: the status is written first if it reads otherwise. */
function finish(view: PresentView, rest: Exclude<Decision, { step: Step }>): Step {
  const { object, pass } = view;
  const { verdict } = rest;
  const silent = verdict === undefined || pass.statusUnwritable || view.readOnly || isAnothers(verdict);
  if (!silent && !isReported(view, verdict, rest.record ?? object.status)) {
    return { kind: "write-status", why: "Report", status: rest.record ?? object.status, verdict };
  }
  const requeueAt = earliest(rest.requeueAt, nextRetirement(view), nextLook(view));
  return { kind: "rest", verdict, requeueAt };
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
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** What another installation manages keeps its own conditions: two writers would never stop. */
function isAnothers(verdict: Verdict): boolean {
  return verdict.reason === "ManagedByAnother";
}

function isReported(view: PresentView, verdict: Verdict, record: StatusRecord): boolean {
  const { object } = view;
  return (
    object.observedGeneration === object.generation &&
    sameVerdict(object.verdict, verdict) &&
    sameRecord(object.status, record)
  );
}

/** What is overdue and was not done in this pass is not tried again at once: that would be a loop without a pause. */
function nextDueTime(view: PresentView, status: StatusRecord, hold: Hold | undefined): number | undefined {
  const { now, timing } = view;
  const due = earliest(status.nextRotationAt, ...retirementTimes(status));
  // What is held back is looked at in the pauses of its own.
  if (hold !== undefined && overdueKeys(view).length > 0) return undefined;
  return due !== undefined && due <= now ? now + timing.retryAfterFailure : due;
}

function isPresent(view: View): view is PresentView {
  return view.object.state === "present";
}
