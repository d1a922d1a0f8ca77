import { DEFAULT_TIMING as TIMING, type Step, type StepResult } from "../index.ts";
import type { Codecs } from "./codecs.ts";
import { failed, perform, repeatEffect } from "./effects.ts";
import { remember, type Late, type Request, type State } from "./state.ts";
import { objectAt, putObject, putSecret, secretAt } from "./store.ts";
import { putWorkload } from "./workloads.ts";

/** What may become of one step; a crash is an action of its own, possible between any two steps. */
export type Fault =
  | "none"
  /** The effect happens, its answer is lost. */
  | "answer-lost"
  /** Nothing happens, and the sender cannot tell. */
  | "never-arrived"
  /** The sender cannot tell, and the effect comes later. */
  | "late"
  | "rejected"
  /** Another process edits the target first, so that the guard does not hold. */
  | "conflict"
  /** A proxy sends the request for a key twice. */
  | "repeated"
  /** A proxy answers that the request is refused, although it took effect. */
  | "refused-though-done"
  /** As `late`, but later than both listings of a recovery. */
  | "very-late"
  /** Somebody must act before it is allowed: a right, a quota, an admission webhook. */
  | "forbidden"
  /** A read shows a key as it was some seconds before. */
  | "stale";

/** All that a search tries. */
export const FAULTS: readonly Fault[] = [
  "answer-lost",
  "never-arrived",
  "late",
  "rejected",
  "conflict",
  "repeated",
  "refused-though-done",
  "very-late",
  "forbidden",
  "stale",
];

/** The answers of one that must be lifted by hand. */
const FORBIDDEN = { transient: false } as const;
/** Both listings of a recovery are over, and a key that is made then is still one of its attempt. */
const VERY_LATE = 4 * TIMING.settleTime;

/** A request after it was sent: the world, the answer that its sender has, and what the invariant says. */
interface Sent {
  readonly state: State;
  readonly result: StepResult;
  readonly violation: string | undefined;
}

/** Sends a request. @returns `undefined` for a fault that would show as none. */
export function send(state: State, request: Request, fault: Fault, codecs: Codecs): Sent | undefined {
  const quiet = { state, violation: undefined };
  const { step } = request;
  if (fault === "rejected") return { ...quiet, result: refusal(step) };
  if (fault === "forbidden") return { ...quiet, result: refusal(step, FORBIDDEN) };
  if (fault === "stale") return undefined;
  if (fault === "never-arrived") return { ...quiet, result: failed("unknown") };
  if (asksTooLate(step, state.now)) return fault === "none" ? { ...quiet, result: UNSENT } : undefined;
  if (fault === "late" || fault === "very-late") {
    const due = state.now + (fault === "late" ? TIMING.requestDeadline - 1 : VERY_LATE);
    const late = [...state.late, { request, due, isBeyond: fault === "very-late" }];
    return { ...quiet, state: { ...state, late }, result: failed("unknown") };
  }
  const target = fault === "conflict" ? disturb(state, request) : state;
  if (target === undefined) return undefined;
  if (fault === "repeated") return repeat(target, request, codecs);
  const effected = perform(target, request, codecs);
  if (fault === "refused-though-done")
    return effected.result.outcome === "done" ? { ...effected, result: refusal(step) } : undefined;
  if (fault !== "answer-lost") return effected;
  return effected.result.outcome === "done" ? { ...effected, result: failed("unknown") } : undefined;
}

const UNSENT: StepResult = {
  outcome: "rejected",
  problem: { reason: "RateLimited", message: "not sent", transient: true },
  conflict: false,
  unsent: true,
};

/** The answer to a request that is refused. */
function refusal({ kind }: Step, { transient } = { transient: true }): StepResult {
  const reason = kind.endsWith("secret") ? "SecretRejected" : "ManagementAPIUnavailable";
  return failed("rejected", false, { reason, transient });
}

/** A POST, a roll or a tag whose write-ahead is too old is not sent: a recovery must not meet it. */
function asksTooLate(step: Step, now: number): boolean {
  const asks = step.kind === "mint" || step.kind === "roll" || step.kind === "tag-key";
  return asks && now > step.attempt.startedAt + TIMING.postWindow;
}

/** A proxy sends the request for a key twice, and gives the first answer, or that of a refusal. */
function repeat(state: State, request: Request, codecs: Codecs): Sent | undefined {
  const first = perform(state, request, codecs);
  if (request.step.kind !== "mint" || first.result.outcome !== "done") return undefined;
  const [next, second] = repeatEffect(first.state, request, codecs);
  return { ...first, state: next, result: second.outcome === "done" ? first.result : second };
}

/** Another process edits what is about to be written, so that its guard does not hold. */
function disturb(state: State, { step: { kind }, apiKey }: Request): State | undefined {
  if (kind === "write-status" || kind.endsWith("finalizer")) {
    const object = objectAt(state.cluster, apiKey);
    return object === undefined ? undefined : putObject(state, apiKey, object);
  }
  if (kind === "restart-workload") {
    const workload = state.workloads[apiKey];
    return workload === undefined ? undefined : putWorkload(state, apiKey, workload);
  }
  const secret = secretAt(state.cluster, apiKey);
  const guarded = kind.endsWith("secret") && kind !== "preflight-secret";
  return secret === undefined || !guarded ? undefined : putSecret(state, apiKey, secret);
}

/** A key or a tag that comes when its ApiKey is gone is nobody's: it is reported, or revoked if the account says so. */
function withoutClaim(state: State, { request, isBeyond }: Late): State {
  const { step, apiKey, uid } = request;
  if (!isBeyond || objectAt(state.cluster, apiKey)?.uid === uid) return state;
  return "attempt" in step && typeof step.attempt === "object"
    ? remember(state, "excused", [step.attempt.id])
    : state;
}

/** Lets a request that is late take effect. */
export function arrive(state: State, late: Late, codecs: Codecs): Omit<Sent, "result"> {
  const { request } = late;
  const left = state.late.filter((other) => other !== late);
  const sent = perform(withoutClaim({ ...state, late: left }, late), request, codecs);
  if (late.isBeyond && request.step.kind === "mint")
    return { ...sent, state: remember(sent.state, "veryLate", [request.step.attempt.id]) };
  // It cannot be called back, whatever its key is by then: the limit that docs/reliability.md names.
  if (late.isBeyond && request.step.kind === "roll") return { ...sent, violation: undefined };
  if (request.step.kind !== "commit-secret") return sent;
  const uid = secretAt(sent.state.cluster, request.apiKey)?.uid;
  return uid === undefined ? sent : { ...sent, state: remember(sent.state, "late", [uid]) };
}
