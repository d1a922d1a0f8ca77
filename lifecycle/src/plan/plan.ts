import { own } from "../own.ts";
import { fitMessage } from "../text.ts";
import type { Decision, Policy, Rest } from "./decision.ts";
import { adoptWhenDeclared } from "./policies/adopt-when-declared.ts";
import { endWhenDeleted } from "./policies/end-when-deleted.ts";
import { finishCommit, finishCommitWithoutObject } from "./policies/finish-commit.ts";
import { followFindings } from "./policies/follow-findings.ts";
import { followOverlap } from "./policies/follow-overlap.ts";
import { keepFinalizer } from "./policies/keep-finalizer.ts";
import { leaveToAnother } from "./policies/leave-to-another.ts";
import { lookWhenAsked } from "./policies/look-when-asked.ts";
import { mintWhenDue } from "./policies/mint-when-due.ts";
import { moveHere } from "./policies/move-here.ts";
import { pinAccount } from "./policies/pin-account.ts";
import { recoverAttempts } from "./policies/recover-attempts.ts";
import { refuseInvalid } from "./policies/refuse-invalid.ts";
import { repairRecords } from "./policies/repair-records.ts";
import { reportDelivered } from "./policies/report-delivered.ts";
import { reportShape } from "./policies/report-shape.ts";
import { restAfterFailure } from "./policies/rest-after-failure.ts";
import { restartDependents } from "./policies/restart-dependents.ts";
import { retirePrevious } from "./policies/retire-previous.ts";
import { notVisibleProblem } from "./records/absence.ts";
import { withHandledLook } from "./records/asked-look.ts";
import { reportedGeneration } from "./records/reported-generation.ts";
import { problemVerdict, sameRecord, sameVerdict } from "./records/verdicts.ts";
import { isEffect, type Step } from "./step.ts";
import { isProblem } from "./view/problem.ts";
import type { StatusRecord, Verdict } from "./view/status.ts";
import { isPresent, type PresentView, type View } from "./view/view.ts";
import { nextWakeUp } from "./wake-up.ts";

/** How often a pass writes the status only to report. */
const MOST_REPORTS = 2;

/** The rules in the order in which they are asked: the first that has something to say is followed. */
const POLICIES: readonly Policy[] = [
  finishCommit,
  leaveToAnother,
  restAfterFailure,
  keepFinalizer,
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
  lookWhenAsked,
  reportShape,
  reportDelivered,
];

/**
 * Says what to do next, from what is known now. It is asked again after each step, with the step's result
 * folded into the view, until it answers `rest`; so a restart after a crash anywhere takes the same road.
 *
 * Pure: equal views give equal steps.
 */
export function plan(view: View): Step {
  if (!isPresent(view)) return planWithoutObject(view);
  const decision = fitVerdict(waitForKey(view, decide(view)));
  const step = "step" in decision ? decision.step : finish(view, decision);
  if (view.readOnly && isEffect(step)) return restReadOnly(view, step);
  return needsLiveObject(view, step) ? { kind: "read-object" } : step;
}

/** Each verdict leaves the plan as its conditions will read: else what was written would be compared with what was meant. */
function fitVerdict(decision: Decision): Decision {
  if (!("step" in decision)) return { ...decision, verdict: decision.verdict && fit(decision.verdict) };
  const { step } = decision;
  return step.kind === "write-status" ? { step: { ...step, verdict: fit(step.verdict) } } : decision;
}

function fit(verdict: Verdict): Verdict {
  return { ...verdict, message: fitMessage(verdict.message) };
}

/** A key that could not be seen yet is not asked for again in the same pass. */
function waitForKey(view: PresentView, decision: Decision): Decision {
  if (!("step" in decision) || decision.step.kind !== "get-key") return decision;
  const { keyId } = decision.step;
  const requeueAt = own(view.pass.unseen ?? {}, keyId);
  if (requeueAt === undefined) return decision;
  return { verdict: problemVerdict(view, notVisibleProblem(keyId)), requeueAt };
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
  throw new TypeError("the last policy always decides");
}

function planWithoutObject(view: View): Step {
  const decision = finishCommitWithoutObject(view);
  if (decision !== undefined && "step" in decision) return decision.step;
  return { kind: "rest", verdict: undefined, requeueAt: undefined };
}

/** Resting includes saying so: the status is written first if it reads otherwise. */
function finish(view: PresentView, rest: Rest): Step {
  const { object, pass } = view;
  const { verdict } = rest;
  const untilLook = verdict === undefined ? undefined : unlookedAt(view, verdict);
  const silent =
    verdict === undefined ||
    pass.statusUnwritable ||
    view.readOnly ||
    isAnothers(verdict) ||
    untilLook !== undefined;
  // What comes back otherwise than it was written, as a webhook may have it, is not fought.
  const isLost = (pass.reports ?? 0) >= MOST_REPORTS;
  const status = withHandledLook(object, rest.record ?? object.status);
  if (!silent && !isLost && !isReported(view, verdict, status))
    return { kind: "write-status", why: "Report", status, verdict };
  const requeueAt = untilLook === undefined ? rest.requeueAt : untilLook;
  return { kind: "rest", verdict, requeueAt: nextWakeUp(view, { ...rest, requeueAt }) };
}

/**
 * A controller that has just started has not looked at the account yet. It does so within moments, so that to say it of each
 * ApiKey would be a write for nothing. @returns until when it is not said.
 */
function unlookedAt({ account, now, timing }: PresentView, { reason }: Verdict): number | undefined {
  const { usable, uncheckedSince } = account;
  if (uncheckedSince === undefined || !isProblem(usable) || usable.reason !== reason) return undefined;
  const until = uncheckedSince + timing.retryAfterFailure;
  return now < until ? until : undefined;
}

/** What another installation manages keeps its own conditions: two writers would never stop. */
function isAnothers(verdict: Verdict): boolean {
  return verdict.reason === "ManagedByAnother";
}

function isReported(view: PresentView, verdict: Verdict, record: StatusRecord): boolean {
  const { object } = view;
  return (
    object.observedGeneration === reportedGeneration(object, verdict) &&
    sameVerdict(object.verdict, verdict) &&
    sameRecord(object.status, record)
  );
}
