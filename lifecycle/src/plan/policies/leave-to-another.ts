import { isClaimed } from "../../evidence.ts";
import type { Decision } from "../decision.ts";
import { problemVerdict } from "../records/verdicts.ts";
import type { Problem } from "../view/problem.ts";
import type { PresentView } from "../view/view.ts";

/** One installation per ApiKey: another one's is left alone, down to its conditions. */
export function leaveToAnother(view: PresentView): Decision | undefined {
  const { installation } = view.object.status;
  if (installation === undefined || isClaimed(installation, view)) return undefined;
  const problem: Problem = {
    reason: "ManagedByAnother",
    message: `installation ${installation} manages this ApiKey, and this one (${view.installation}) leaves it alone; if it has moved here, start the controller with --previous-installations ${installation}`,
    transient: false,
  };
  return { verdict: problemVerdict(view, problem), requeueAt: undefined };
}
