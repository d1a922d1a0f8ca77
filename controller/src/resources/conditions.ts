import { fitMessage, REASONS, type Reason } from "@signatureapi-keys/lifecycle";
import { removeCondition, setCondition, type NewCondition } from "../kube/index.ts";
import type { Condition } from "./schema.ts";

/** What the conditions of an object shall say, in the sense of kstatus. */
export interface Report {
  readonly ready: { readonly holds: boolean; readonly reason: string; readonly message: string };
  /** Reconciling and Stalled are there only while they are true. */
  readonly progress?: {
    readonly type: "Reconciling" | "Stalled";
    readonly reason: string;
    readonly message: string;
  };
}

/** The conditions that make a report, their times kept where their status stays. */
export function reportConditions(
  before: readonly Condition[],
  report: Report,
  observedGeneration: number,
  now: Date,
): Condition[] {
  const { ready, progress } = report;
  let conditions = setFitting(
    before,
    {
      type: "Ready",
      status: ready.holds ? "True" : "False",
      reason: ready.reason,
      message: ready.message,
      observedGeneration,
    },
    now,
  );
  for (const type of ["Reconciling", "Stalled"] as const) {
    conditions =
      progress?.type === type
        ? setFitting(conditions, { ...progress, status: "True", observedGeneration }, now)
        : removeCondition(conditions, type);
  }
  return conditions.map(({ observedGeneration: generation, ...condition }) =>
    generation === undefined ? condition : { ...condition, observedGeneration: generation },
  );
}

/** Sets a condition whose message is as the API server stores it, so that the next comparison finds it unchanged. */
export function setFitting(
  conditions: readonly Condition[],
  condition: NewCondition,
  now: Date,
): readonly Condition[] {
  return setCondition(conditions, { ...condition, message: fitMessage(condition.message) }, now);
}

/** Whether a condition's reason is one of ours. */
export function isReason(text: string): text is Reason {
  return Object.hasOwn(REASONS, text);
}
