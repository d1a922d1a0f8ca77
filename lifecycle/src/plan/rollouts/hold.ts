import type { Dependent, RestartRecord } from "../view/dependents.ts";
import type { Problem } from "../view/problem.ts";
import { type Retiring, UNTIL_REPLACED } from "../view/status.ts";
import type { PresentView } from "../view/view.ts";
import {
  isSuspended,
  type Look,
  lookFrom,
  pendingRestart,
  recordRestart,
  SECOND,
  unfinished,
} from "./rollouts.ts";

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
export function known(hold: Hold | Look | undefined): Hold | undefined {
  return hold === undefined || "step" in hold ? undefined : hold;
}

/** The previous keys whose time is over. */
export function overdueKeys({ now, object }: PresentView): readonly Retiring[] {
  return object.status.previous.filter(({ revokeAt }) => revokeAt !== UNTIL_REPLACED && now >= revokeAt);
}

function whyStuck(workload: Dependent, { fingerprint }: RestartRecord, overdue: boolean): readonly string[] {
  const name = `${workload.kind} ${workload.name}`;
  if (workload.rollout.state === "stuck") return [`${name} ${workload.rollout.why}`];
  // As `carries` has it, apart from the restart by hand: that one shows in the rollout.
  if (workload.fingerprint !== fingerprint && workload.rollout.state === "complete")
    return [`${name} ${NOT_CARRIED}`];
  return overdue ? [`${name} is not rolled out although its time is over`] : [];
}

const NOT_CARRIED =
  "does not carry the restart: it was rolled back, labelled after it, or what manages it reverts the restart";

/** What reverts the annotation of a restart reverts a restart by hand too, so that one must come from the owner. */
const WAYS_OUT =
  "Restart such a workload through its owner (a new kubectl.kubernetes.io/restartedAt in the manifest that is applied; kubectl rollout restart where nothing reverts it), or remove its label restart.signatureapi.com/<ApiKey>";

function stuckProblem(stuck: readonly string[]): Problem {
  const advice = stuck.some((why) => why.endsWith(NOT_CARRIED)) ? `. ${WAYS_OUT}` : "";
  const message = `previous keys are not revoked, because Pods may use them: ${listed(stuck)}${advice}`;
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
