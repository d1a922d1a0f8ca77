import type { Rest } from "../decision.ts";
import { deliveredVerdict, withRotation } from "../records/status-record.ts";
import { problemVerdict } from "../records/verdicts.ts";
import { reportedHold } from "../rollouts/hold.ts";
import type { PresentView } from "../view/view.ts";

/** Nothing is left to do: the key is delivered, and what keeps a previous key from its end is reported. */
export function reportDelivered(view: PresentView): Rest {
  const record = withRotation(view);
  const hold = reportedHold(view);
  const verdict = hold === undefined ? deliveredVerdict(record) : problemVerdict(view, hold.problem);
  return { verdict, record };
}
