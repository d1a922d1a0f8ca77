import { isProblem, type Problem } from "../view/problem.ts";
import type { PresentView } from "../view/view.ts";

/** The first may be a mistake; what happens again within an hour is another hand on the same entry. */
const A_FIGHT = 2;

/** Another hand that keeps changing the value, after its second time and not only when the budget is used up. */
export function fightProblem({ fights, object: { desired } }: PresentView): Problem | undefined {
  if (fights === undefined || fights.times < A_FIGHT || isProblem(desired)) return undefined;
  const who = fights.writers.length === 0 ? "" : ` (field managers: ${fights.writers.join(", ")})`;
  const message = `the value in Secret ${desired.secretName} was edited or deleted ${fights.times} times within an hour${who}, and a key was made each time. Stop the other writer, or declare another secret.name`;
  return { reason: "SecretContested", message, transient: false };
}

/** Who else owns the Secret of a delivered key; empty where nobody does. */
export function otherOwnersNote({ secret, object: { desired } }: PresentView): string {
  const owners = secret.state === "present" ? (secret.others?.owners ?? []) : [];
  if (owners.length === 0 || isProblem(desired)) return "";
  return `. Secret ${desired.secretName} has other owners: ${owners.join(", ")}. Stop them: they may delete the Secret, or write an old value`;
}
