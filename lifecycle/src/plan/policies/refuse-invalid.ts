import { type Decision, restOn } from "../decision.ts";
import { problemVerdict } from "../records/verdicts.ts";
import { isProblem, type Problem } from "../view/problem.ts";
import type { PresentView } from "../view/view.ts";

/** A spec that cannot be followed is refused before anything is minted. */
export function refuseInvalid(view: PresentView): Decision | undefined {
  const { desired } = view.object;
  if (isProblem(desired)) return { verdict: problemVerdict(view, desired), requeueAt: undefined };
  if (view.secretClaimedBy === undefined) return undefined;
  const problem: Problem = {
    reason: "SecretConflict",
    message: `ApiKey ${view.secretClaimedBy} already writes Secret ${desired.secretName}; declare another secret.name`,
    transient: false,
  };
  return restOn(view, problem);
}
