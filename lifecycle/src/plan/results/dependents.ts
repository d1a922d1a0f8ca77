import type { Step } from "../step.ts";
import type { Dependent } from "../view/dependents.ts";
import { restartOf } from "../view/pass.ts";
import type { View } from "../view/view.ts";
import type { StepResult } from "./step-result.ts";

/** How often in one pass a workload that has changed under our hands is looked at again. */
const MOST_CONFLICTS = 5;

export function applyRestart(
  view: View,
  { workload: { uid }, fingerprint }: Step & { kind: "restart-workload" },
  restarted: Dependent | undefined,
): View {
  const { dependents, pass } = view;
  const told = { ...view, pass: { ...pass, restarted: [...pass.restarted, restartOf(uid, fingerprint)] } };
  if (dependents?.state !== "read" || restarted === undefined) return told;
  const workloads = dependents.workloads.map((other) => (other.uid === uid ? restarted : other));
  return { ...told, dependents: { state: "read", workloads } };
}

/** Workloads and Pods that cannot be seen or told hold a revocation back, and stand in the way of nothing else. */
export function applyWithoutDependents(
  view: View,
  step: Step,
  failed: StepResult & { outcome: "rejected" | "unknown" },
): View | undefined {
  const { pass } = view;
  const { problem } = failed;
  const { restartConflicts = 0 } = pass;
  switch (step.kind) {
    case "read-workloads":
      return { ...view, dependents: { state: "failed", problem } };
    case "read-pods":
      return { ...view, users: { state: "failed", problem } };
    case "restart-workload":
      // Whatever looks after the workload writes to it too: it is looked at again, some times.
      if (failed.conflict && restartConflicts < MOST_CONFLICTS) {
        const again = { ...pass, restartConflicts: restartConflicts + 1 };
        return { ...view, dependents: { state: "unread" }, pass: again };
      }
      return {
        ...view,
        pass: {
          ...pass,
          restarted: [...pass.restarted, restartOf(step.workload.uid, step.fingerprint)],
          restartProblem: problem,
        },
      };
    default:
      return undefined;
  }
}
