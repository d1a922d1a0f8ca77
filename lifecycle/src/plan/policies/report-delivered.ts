import type { Rest } from "../decision.ts";
import { deliveredVerdict, withRotation } from "../records/status-record.ts";
import { retiringProblem } from "../records/retiring-limit.ts";
import { problemVerdict } from "../records/verdicts.ts";
import { reportedHold } from "../rollouts/hold.ts";
import type { PresentView } from "../view/view.ts";

/** Nothing is left to do: the key is delivered, and what keeps a previous key from its end, or the key from its rotation, is reported. */
export function reportDelivered(view: PresentView): Rest {
  const record = withRotation(view);
  const problem = reportedHold(view)?.problem ?? retiringProblem(view);
  const verdict = problem === undefined ? deliveredVerdict(record) : problemVerdict(view, problem);
  return { verdict, record };
}
