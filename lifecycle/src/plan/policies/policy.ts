import type { Step } from "../step.ts";
import { problemVerdict, retryTime } from "../verdicts.ts";
import type { ObjectView, Problem, StatusRecord, Verdict, View } from "../view.ts";

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

/** A view of an object that exists. */
export type PresentView = View & { readonly object: ObjectView };

/** The decision to take a step. */
export function act(step: Step): Decision {
  return { step };
}

/** The decision to say what keeps us from going on, and to look again after its pause. */
export function restOn(view: PresentView, problem: Problem): Rest {
  return { verdict: problemVerdict(view, problem), requeueAt: retryTime(view, problem) };
}

/** The status record of an object with some fields replaced. */
export function recordWith(view: PresentView, changes: Partial<StatusRecord>): StatusRecord {
  return { ...view.object.status, ...changes };
}

/** The status record without the attempt: with this write its lock is given back. */
export function recordWithoutAttempt(record: StatusRecord): StatusRecord {
  const { attempt: _released, ...rest } = record;
  return rest;
}
