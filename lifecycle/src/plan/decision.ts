import { problemVerdict, retryTime } from "./records/verdicts.ts";
import type { Step } from "./step.ts";
import type { Problem } from "./view/problem.ts";
import type { StatusRecord, Verdict } from "./view/status.ts";
import type { PresentView } from "./view/view.ts";

/** What a policy says: do this, or rest with this verdict; `undefined` leaves the word to the next policy. */
export type Decision = { readonly step: Step } | Rest;

/** Nothing more is done in this pass. */
export interface Rest {
  readonly verdict: Verdict | undefined;
  /** Milliseconds since the epoch; `undefined` where nothing but a change of the world calls for another look. */
  readonly requeueAt?: number | undefined;
  /** What the status shall record; by default what it records already. */
  readonly record?: StatusRecord;
}

/** One small rule: pure, and silent where it has nothing to say. */
export type Policy = (view: PresentView) => Decision | undefined;

/** The decision to take a step. */
export function act(step: Step): Decision {
  return { step };
}

/** The decision to say what keeps us from going on, and to look again after its pause. */
export function restOn(view: PresentView, problem: Problem): Rest {
  return { verdict: problemVerdict(view, problem), requeueAt: retryTime(view, problem) };
}
