import type { Dependent, RestartRecord } from "../dependents.ts";
import { isDelivered } from "../verdicts.ts";
import { isProblem, restartOf, UNTIL_REPLACED, type Problem, type Retiring } from "../view.ts";
import type { Step } from "../step.ts";
import { act, recordWith, type Decision, type PresentView } from "./policy.ts";
import { deliveredVerdict } from "./status-record.ts";

/** Kubernetes cuts times off to the second: something that says 15:00:05 may be from any time within it. */
const SECOND = 1_000;

/**
 * Restarts the workloads whose label asks for it when the value has changed, once for each value.
 *
 * Invariant: that all of them were told is on record before it is waited for, and nobody is told again for this
 * value after it: what undoes a restart, such as `rollout undo`, is not fought.
 */
export function restartDependents(view: PresentView): Decision | undefined {
  const { status, namespaceTerminating } = view.object;
  const restart = pendingRestart(view);
  if (restart === undefined || status.attempt !== undefined || namespaceTerminating) return undefined;
  if (restart.restartedAt !== undefined) return seeRollouts(view, restart);
  if (view.now < restart.committedAt + view.timing.restartDelay || isSuspended(view)) return undefined;
  // Whoever is restarted reads the Secret: it must hold the value that this is about.
  if (view.secret.state === "unread" || view.secret.read === "cached") return act({ kind: "read-secret" });
  const { dependents } = view;
  if (dependents?.state === "unread") return act({ kind: "read-workloads" });
  if (dependents?.state !== "read") return undefined;
  const next = dependents.workloads.find((workload) => isUntold(view, workload, restart));
  if (next !== undefined) {
    const { kind, name, uid, resourceVersion } = next;
    const workload = { kind, name, uid, resourceVersion };
    return act({ kind: "restart-workload", workload, fingerprint: restart.fingerprint });
  }
  if (view.pass.restartProblem !== undefined) return undefined;
  const none = dependents.workloads.length === 0 ? { completedAt: view.now } : {};
  return recordRestart(view, "Restarted", { ...restart, restartedAt: view.now, ...none });
}

function isUntold(view: PresentView, workload: Dependent, { fingerprint }: RestartRecord): boolean {
  return (
    workload.fingerprint !== fingerprint &&
    !view.pass.restarted.includes(restartOf(workload.uid, fingerprint))
  );
}

function recordRestart(view: PresentView, why: "Restarted" | "RolledOut", restart: RestartRecord): Look {
  const status = recordWith(view, { restart });
  return { step: { kind: "write-status", why, status, verdict: deliveredVerdict(status) } };
}

/** Looks at rollouts where it matters: a key's time is over, or their own. */
function seeRollouts(view: PresentView, restart: RestartRecord): Decision | undefined {
  const from = lookFrom(view, restart);
  if (from === undefined || view.now < from) return undefined;
  if (view.dependents?.state === "unread") return act({ kind: "read-workloads" });
  if (view.dependents?.state !== "read" || unfinished(view, restart).length > 0) return undefined;
  return recordRestart(view, "RolledOut", { ...restart, completedAt: view.now });
}

/** A step to take first: a look, or a record. */
interface Look {
  readonly step: Step;
}

/** Why a previous key that has outlived its overlap still lives. */
export interface Hold {
  readonly problem: Problem;
}

/**
 * What keeps a previous key whose time is over from being revoked: a look that is still to be taken, or the reason.
 * In an emergency nothing is waited for.
 */
export function holdOn(view: PresentView, retiring: Retiring): Hold | Look | undefined {
  if (retiring.reason === "RotationForced") return undefined;
  const restart = pendingRestart(view);
  const rollouts = restart === undefined ? undefined : holdByRollouts(view, restart);
  return rollouts ?? holdByUsers(view, retiring);
}

function holdByRollouts(view: PresentView, restart: RestartRecord): Hold | Look | undefined {
  const { dependents, pass, timing } = view;
  if (dependents?.state === "failed") return { problem: dependents.problem };
  if (pass.restartProblem !== undefined) return { problem: restartFailed(pass.restartProblem) };
  const unstarted = restart.restartedAt === undefined;
  if (unstarted && !isSuspended(view)) return { problem: notYetRestarted(view) };
  if (dependents?.state !== "read") return { step: { kind: "read-workloads" } };
  // While suspended nothing is restarted, but where nobody has asked for it, nothing is waited for either.
  if (unstarted) return dependents.workloads.length === 0 ? undefined : { problem: notYetRestarted(view) };
  const waiting = unfinished(view, restart);
  // That they are complete is recorded before it is built upon.
  if (waiting.length === 0) return recordRestart(view, "RolledOut", { ...restart, completedAt: view.now });
  const overdue = view.now >= restart.restartedAt + timing.rolloutDeadline;
  const stuck = waiting.flatMap((workload) => whyStuck(workload, restart, overdue));
  return { problem: stuck.length === 0 ? pendingProblem(waiting) : stuckProblem(stuck) };
}

/** The hold that is to be told of: on a key whose time is over, or because a rollout's own time is. */
export function reportedHold(view: PresentView): Hold | undefined {
  for (const retiring of overdueKeys(view)) {
    const hold = known(holdOn(view, retiring));
    if (hold !== undefined) return hold;
  }
  const restart = pendingRestart(view);
  const from = restart?.restartedAt === undefined ? undefined : lookFrom(view, restart);
  const looks = from !== undefined && view.now >= from;
  if (restart === undefined || !(looks || view.pass.restartProblem !== undefined)) return undefined;
  return known(holdByRollouts(view, restart));
}

/** A hold whose reason is known already. */
function known(hold: Hold | Look | undefined): Hold | undefined {
  return hold === undefined || "step" in hold ? undefined : hold;
}

/** When dependents are to be looked at again, in milliseconds since the epoch. */
export function nextLook(view: PresentView): number | undefined {
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

/** The restart for the delivered value that is not known to be complete. */
function pendingRestart(view: PresentView): RestartRecord | undefined {
  const { restart, fingerprint } = view.object.status;
  if (view.dependents === undefined || restart === undefined || !isDelivered(view)) return undefined;
  return restart.fingerprint === fingerprint && restart.completedAt === undefined ? restart : undefined;
}

/** From when on rollouts are looked at; never where no key waits for them. */
function lookFrom(view: PresentView, { restartedAt = 0 }: RestartRecord): number | undefined {
  const waiting = view.object.status.previous.filter(({ reason }) => reason !== "RotationForced");
  if (waiting.length === 0) return undefined;
  return Math.min(restartedAt + view.timing.rolloutDeadline, ...waiting.map(({ revokeAt }) => revokeAt));
}

/** The previous keys whose time is over. */
export function overdueKeys({ now, object }: PresentView): readonly Retiring[] {
  return object.status.previous.filter(({ revokeAt }) => revokeAt !== UNTIL_REPLACED && now >= revokeAt);
}

function isSuspended({ object: { desired } }: PresentView): boolean {
  return !isProblem(desired) && desired.suspend;
}

/** The dependents that may still have Pods with an older value. */
function unfinished(view: PresentView, restart: RestartRecord): readonly Dependent[] {
  const workloads = view.dependents?.state === "read" ? view.dependents.workloads : [];
  return workloads.filter((workload) => {
    if (carries(view, workload, restart)) return workload.rollout.state !== "complete";
    // Whoever was made after all were told has read the new value from the start; within the same second nobody knows.
    return workload.createdAt <= (restart.restartedAt ?? Number.POSITIVE_INFINITY);
  });
}

/** Whether a workload's Pod template asks for Pods that are newer than the value. */
function carries({ timing }: PresentView, workload: Dependent, restart: RestartRecord): boolean {
  const byHand = workload.restartedAt ?? Number.NEGATIVE_INFINITY;
  return (
    workload.fingerprint === restart.fingerprint ||
    byHand + SECOND > restart.committedAt + timing.restartDelay
  );
}

function whyStuck(workload: Dependent, { fingerprint }: RestartRecord, overdue: boolean): readonly string[] {
  const name = `${workload.kind} ${workload.name}`;
  if (workload.rollout.state === "stuck") return [`${name} ${workload.rollout.why}`];
  // As `carries` has it, apart from the restart by hand: that one shows in the rollout.
  if (workload.fingerprint !== fingerprint && workload.rollout.state === "complete")
    return [
      `${name} does not carry the restart: it was rolled back, or labelled after it; kubectl rollout restart ends this`,
    ];
  return overdue ? [`${name} is not rolled out although its time is over`] : [];
}

function stuckProblem(stuck: readonly string[]): Problem {
  const message = `previous keys are not revoked, because Pods may use them: ${listed(stuck)}`;
  return { reason: "RolloutStuck", message, transient: false };
}

function pendingProblem(waiting: readonly Dependent[]): Problem {
  const names = listed(waiting.map(({ kind, name }) => `${kind} ${name}`));
  const message = `previous keys are not revoked before all Pods have the new value; not rolled out yet: ${names}`;
  return { reason: "RolloutPending", message, transient: true };
}

function restartFailed(problem: Problem): Problem {
  return { reason: "RestartFailed", message: problem.message, transient: problem.transient };
}

function notYetRestarted(view: PresentView): Problem {
  return isSuspended(view)
    ? {
        reason: "Suspended",
        message:
          "spec.suspend is true: dependents are not restarted for the new value, so previous keys are not revoked",
        transient: false,
      }
    : {
        reason: "RolloutPending",
        message: "previous keys are not revoked before dependents are restarted for the new value",
        transient: true,
      };
}

/** A condition has room for some names; the rest is counted. */
function listed(texts: readonly string[]): string {
  const MOST = 5;
  const shown = texts.slice(0, MOST).join("; ");
  return texts.length <= MOST ? shown : `${shown}; and ${texts.length - MOST} more`;
}

function holdByUsers(view: PresentView, retiring: Retiring): Hold | Look | undefined {
  if (view.object.holdWhileInUse !== true) return undefined;
  const { users } = view;
  if (users === undefined) return { problem: NO_PODS };
  if (users.state === "unread") return { step: { kind: "read-pods" } };
  if (users.state === "failed") return { problem: users.problem };
  // A Pod that starts right after a commit may have been given the old value.
  const since = (retiring.replacedAt ?? retiring.revokeAt) + view.timing.restartDelay;
  const older = users.pods.filter(({ createdAt }) => createdAt + SECOND <= since);
  if (older.length === 0) return undefined;
  const message = `previous key ${retiring.keyId} is not revoked while Pods that use the Secret are older than the new value: ${listed(older.map(({ name }) => name))}`;
  return { problem: { reason: "SecretInUse", message, transient: true } };
}

const NO_PODS: Problem = {
  reason: "PodAccessMissing",
  message:
    "spec.rotation.holdWhileInUse needs to see Pods, and this controller may not; previous keys are not revoked",
  transient: false,
};
