import type { ApiKeyFacts } from "./facts.ts";
import { mainCondition } from "./facts.ts";

/** What `wait` can wait for. */
export const GOALS = ["ready", "rotated", "retired", "deleted"] as const;
export type Goal = (typeof GOALS)[number];

/** Whether a goal is reached, and if not, what is missing. */
export type Judgement =
  | { readonly state: "reached" }
  | { readonly state: "pending"; readonly missing: string }
  /** It cannot be reached without the user. */
  | { readonly state: "impossible"; readonly why: string };

const REACHED: Judgement = { state: "reached" };

/** What the Secret says was obeyed. Undefined where it has no record, which is not a request. */
export interface Obeyed {
  readonly rotate: string | undefined;
  readonly trigger: string | undefined;
}

/** Whether an ApiKey has reached a goal. @param apiKey undefined where there is none */
export function judge(goal: Goal, apiKey: ApiKeyFacts | undefined, obeyed?: Obeyed): Judgement {
  if (goal === "deleted") return apiKey === undefined ? REACHED : pending(deletionState(apiKey));
  if (apiKey === undefined) return { state: "impossible", why: "it does not exist" };
  if (apiKey.deletedAt !== undefined) return { state: "impossible", why: "it is being deleted" };
  switch (goal) {
    case "ready":
      return isReady(apiKey) ? REACHED : pending(stateOf(apiKey));
    case "rotated":
      return judgeRotated(apiKey, obeyed);
    case "retired":
      return judgeRetired(apiKey);
  }
}

/** Whether its value is in the Secret, as the spec of now declares it. */
function isReady(apiKey: ApiKeyFacts): boolean {
  return apiKey.isObserved && apiKey.ready?.status === "True";
}

function judgeRotated(apiKey: ApiKeyFacts, obeyed: Obeyed | undefined): Judgement {
  const { asked, status } = apiKey;
  if (asked.emergency !== undefined && status.emergency !== asked.emergency)
    return pending(`the emergency rotation is not done: ${stateOf(apiKey)}`);
  if (isOutstanding(asked.rotate, obeyed?.rotate) || isOutstanding(asked.trigger, obeyed?.trigger))
    return pending(`the rotation is not done: ${stateOf(apiKey)}`);
  return isReady(apiKey) && status.attempt === undefined ? REACHED : pending(stateOf(apiKey));
}

function isOutstanding(asked: string | undefined, done: string | undefined): boolean {
  return asked !== undefined && done !== undefined && asked !== done;
}

function judgeRetired(apiKey: ApiKeyFacts): Judgement {
  const { previous = [], attempt } = apiKey.status;
  if (attempt === undefined && previous.length === 0) return REACHED;
  const keys = previous.map(({ keyId, revokeAt }) => `${keyId} until ${revokeAt}`).join(", ");
  return pending(keys === "" ? stateOf(apiKey) : `still active: ${keys}. ${stateOf(apiKey)}`);
}

function deletionState(apiKey: ApiKeyFacts): string {
  return apiKey.deletedAt === undefined ? "it is not deleted" : stateOf(apiKey);
}

function stateOf(apiKey: ApiKeyFacts): string {
  const condition = mainCondition(apiKey);
  if (condition === undefined || !apiKey.isObserved) return "the controller has not looked at its spec yet";
  return `${condition.reason}: ${condition.message}`;
}

function pending(missing: string): Judgement {
  return { state: "pending", missing };
}
