import { fitMessage, REASONS, type Reason } from "@signatureapi-keys/lifecycle";
import { removeCondition, setCondition, type NewCondition } from "../kube/index.ts";
import type { Condition } from "./schema.ts";

/** The conditions that are there only while they are true. */
const PRESENT_WHILE_TRUE = ["Reconciling", "Stalled", "Degraded"] as const;

/** What the conditions of an object shall say, in the sense of kstatus. */
export interface Report {
  readonly ready: {
    readonly holds: boolean;
    readonly reason: string;
    readonly message: string;
    /** Where it is not the generation that was looked at. */
    readonly observedGeneration?: number;
  };
  /**
   * Reconciling and Stalled say what keeps an object from being ready. Next to Ready kstatus would take them for an
   * object that does not work: what is wrong with one that works is Degraded.
   */
  readonly more?: {
    readonly type: (typeof PRESENT_WHILE_TRUE)[number];
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
  const { ready, more } = report;
  let conditions = setFitting(
    before,
    {
      type: "Ready",
      status: ready.holds ? "True" : "False",
      reason: ready.reason,
      message: ready.message,
      observedGeneration: ready.observedGeneration ?? observedGeneration,
    },
    now,
  );
  for (const type of PRESENT_WHILE_TRUE) {
    conditions =
      more?.type === type
        ? setFitting(conditions, { ...more, status: "True", observedGeneration }, now)
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
