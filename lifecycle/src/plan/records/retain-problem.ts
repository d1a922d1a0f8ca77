import type { Problem } from "../view/problem.ts";
import type { PresentView } from "../view/view.ts";

/**
 * Why the key may not be left active when the ApiKey is deleted, if it is to be. Nothing counts such a key, so that
 * without an administrator's consent no limit of keys would hold.
 */
export function retainProblem({ object, account }: PresentView): Problem | undefined {
  if (object.deletion.policy !== "Retain" || account.mayRetain !== false) return undefined;
  return {
    reason: "RetainNotAllowed",
    message:
      "spec.deletionPolicy is Retain, and no line of spec.allow of the ClusterAccount lets this namespace leave keys active; set deletionPolicy to Revoke, or have a line with retain: true added",
    transient: false,
  };
}
