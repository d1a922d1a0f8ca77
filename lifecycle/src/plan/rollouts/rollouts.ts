import { deliveredVerdict, recordWith } from "../records/status-record.ts";
import { isDelivered } from "../records/verdicts.ts";
import type { Step } from "../step.ts";
import type { Dependent, RestartRecord } from "../view/dependents.ts";
import { isProblem } from "../view/problem.ts";
import type { PresentView } from "../view/view.ts";

/** Kubernetes cuts times off to the second: something that says 15:00:05 may be from any time within it. */
export const SECOND = 1_000;

/** A step to take first: a look, or a record. */
export interface Look {
  readonly step: Step;
}

/** The restart for the delivered value that is not known to be complete. */
export function pendingRestart(view: PresentView): RestartRecord | undefined {
  const { restart, fingerprint } = view.object.status;
  if (view.dependents === undefined || restart === undefined || !isDelivered(view)) return undefined;
  return restart.fingerprint === fingerprint && restart.completedAt === undefined ? restart : undefined;
}

/** From when on rollouts are looked at; never where no key waits for them. */
export function lookFrom(view: PresentView, { restartedAt = 0 }: RestartRecord): number | undefined {
  const waiting = view.object.status.previous.filter(({ reason }) => reason !== "RotationForced");
  if (waiting.length === 0) return undefined;
  return Math.min(restartedAt + view.timing.rolloutDeadline, ...waiting.map(({ revokeAt }) => revokeAt));
}

/** The dependents that may still have Pods with an older value. */
export function unfinished(view: PresentView, restart: RestartRecord): readonly Dependent[] {
  const workloads = view.dependents?.state === "read" ? view.dependents.workloads : [];
  return workloads.filter((workload) => {
    if (carries(view, workload, restart)) return workload.rollout.state !== "complete";
    // One that was made meanwhile was told by nobody, and has read the new value from the start. Its time is cut to the
    // second: it may be younger than that, and never older.
    return workload.createdAt < restart.committedAt + view.timing.restartDelay;
  });
}

/** Whether a workload's Pod template asks for Pods that are newer than the value. */
function carries(view: PresentView, workload: Dependent, restart: RestartRecord): boolean {
  const byHand = workload.restartedAt ?? Number.NEGATIVE_INFINITY;
  return workload.fingerprint === restart.fingerprint || isServedNew(view, byHand, restart);
}

/** Whether Pods that were made from this time on were given the value of a restart: all kubelets serve it by then. */
function isServedNew({ timing }: PresentView, time: number, { committedAt }: RestartRecord): boolean {
  return time + SECOND > committedAt + timing.restartDelay;
}

export function isSuspended({ object: { desired } }: PresentView): boolean {
  return !isProblem(desired) && desired.suspend;
}

export function recordRestart(
  view: PresentView,
  why: "Restarted" | "RolledOut",
  restart: RestartRecord,
): Look {
  const status = recordWith(view, { restart });
  return { step: { kind: "write-status", why, status, verdict: deliveredVerdict(status) } };
}
