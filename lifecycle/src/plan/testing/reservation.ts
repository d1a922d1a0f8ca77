import { judgeAllowance, NO_FACTS } from "../../allowance/judge.ts";
import type { StepResult } from "../results/step-result.ts";
import type { Step } from "../step.ts";
import type { View } from "../view/view.ts";

/** Answers `reserve-key` by the rule, for a ledger that knows no more than the status: nothing is kept in memory. */
export function answerReservation(
  { object, timing }: View,
  { reason, op }: Step & { kind: "reserve-key" },
  now: number,
): StepResult {
  const abandoned = object.state === "gone" ? [] : object.status.abandoned;
  const refused = judgeAllowance({ reason, op }, { ...NO_FACTS, abandoned }, now, timing);
  if (refused === undefined) return { outcome: "done", observed: {} };
  return { outcome: "rejected", conflict: false, ...refused };
}
