import { type Decision, restOn } from "../decision.ts";
import type { PresentView } from "../view/view.ts";

/** A step failed for good in this pass: say so, and try again later. */
export function restAfterFailure(view: PresentView): Decision | undefined {
  const { failure } = view.pass;
  if (failure === undefined) return undefined;
  return restOn(view, failure);
}
