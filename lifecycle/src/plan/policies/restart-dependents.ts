import { act, type Decision } from "../decision.ts";
import { isSuspended, lookFrom, pendingRestart, recordRestart, unfinished } from "../rollouts/rollouts.ts";
import type { Dependent, RestartRecord } from "../view/dependents.ts";
import { restartOf } from "../view/pass.ts";
import type { PresentView } from "../view/view.ts";

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

/** Looks at rollouts where it matters: a key's time is over, or their own. */
function seeRollouts(view: PresentView, restart: RestartRecord): Decision | undefined {
  const from = lookFrom(view, restart);
  if (from === undefined || view.now < from) return undefined;
  if (view.dependents?.state === "unread") return act({ kind: "read-workloads" });
  if (view.dependents?.state !== "read" || unfinished(view, restart).length > 0) return undefined;
  return recordRestart(view, "RolledOut", { ...restart, completedAt: view.now });
}
