import type { Rest } from "../decision.ts";
import { fightProblem, otherOwnersNote } from "../records/other-hands.ts";
import { deliveredVerdict, withRotation } from "../records/status-record.ts";
import { retiringProblem } from "../records/retiring-limit.ts";
import { problemVerdict } from "../records/verdicts.ts";
import { reportedHold } from "../rollouts/hold.ts";
import type { PresentView } from "../view/view.ts";

/**
 * Nothing is left to do: the key is delivered. What keeps a previous key from its end, or the key from its rotation, is
 * reported, and who else has a hand in the Secret.
 */
export function reportDelivered(view: PresentView): Rest {
  const record = withRotation(view);
  const problem = reportedHold(view)?.problem ?? retiringProblem(view) ?? fightProblem(view);
  if (problem !== undefined) return { verdict: problemVerdict(view, problem), record };
  const verdict = deliveredVerdict(record);
  return { verdict: { ...verdict, message: `${verdict.message}${otherOwnersNote(view)}` }, record };
}
