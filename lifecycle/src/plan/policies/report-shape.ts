import { type Decision, restOn } from "../decision.ts";
import { alteredProblem } from "../records/altered.ts";
import { entryConflict } from "../records/entry-conflict.ts";
import type { PresentView } from "../view/view.ts";

/**
 * The Secret could not be put right: an admission policy is in the way, it is immutable, or an entry of others has the
 * name of one of ours.
 */
export function reportShape(view: PresentView): Decision | undefined {
  const problem = view.pass.shapeProblem ?? entryConflict(view) ?? alteredProblem(view);
  return problem === undefined ? undefined : restOn(view, problem);
}
