import { isProblem, type Problem } from "../view/problem.ts";
import type { PresentView } from "../view/view.ts";

/** Why nothing is written to the Secret that was seen: an entry of others has a name that the spec declares for ours. */
export function entryConflict({ object: { desired }, secret }: PresentView): Problem | undefined {
  if (secret.state !== "present" || secret.taken === undefined || isProblem(desired)) return undefined;
  const message = `entry ${secret.taken} of Secret ${desired.secretName} holds something that the controller has not written, so nothing is minted or overwritten. Remove or rename that entry, or declare another name in spec.secret`;
  return { reason: "SecretEntryConflict", message, transient: false };
}
