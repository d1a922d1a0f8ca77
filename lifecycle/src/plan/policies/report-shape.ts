import { type Decision, restOn } from "../decision.ts";
import type { PresentView } from "../view/view.ts";

/** The Secret could not be put right: an admission policy is in the way, or it is immutable. */
export function reportShape(view: PresentView): Decision | undefined {
  const { shapeProblem } = view.pass;
  if (shapeProblem === undefined) return undefined;
  return restOn(view, shapeProblem);
}
