import type { Problem } from "../view/problem.ts";
import type { PresentView } from "../view/view.ts";

/** What a policy made of the Secret when it was written last, if that is the version that stands there now. */
export function alteredProblem({ altered, secret }: PresentView): Problem | undefined {
  if (altered === undefined || secret.state !== "present" || secret.shape === "declared") return undefined;
  return altered.resourceVersion === secret.resourceVersion ? altered.problem : undefined;
}
