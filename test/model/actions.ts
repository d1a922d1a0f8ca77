import {
  DEFAULT_TIMING,
  isEffect,
  pauseAfterFailure,
  type Claims,
  type Observed,
  type Step,
  type StepResult,
} from "@signatureapi-keys/lifecycle";
import { claimsAmong } from "../../lifecycle/src/plan/testing/claims.ts";
import { shown } from "../../lifecycle/src/plan/testing/vendor.ts";
import { auditState, excusedBy, ownerOfUid } from "./audit.ts";
import { asksTooLate, failed, perform, repeatEffect } from "./effects.ts";
import { INTERFERENCES } from "./interference.ts";
import { beginPass, goOn, sweep, type Rules } from "./passes.ts";
import { remember, type Late, type Pass, type Request, type State } from "./state.ts";
import { objectAt, putObject, putSecret, secretAt } from "./store.ts";
import { objectView, secretView } from "./views.ts";

/** What may become of one step; a crash is an action of its own, possible between any two steps. */
export type Fault = "none" | "answer-lost" | "never-arrived" | "late" | "rejected" | "conflict" | "repeated";

/** One thing that can happen. */
export type Action =
  | {
      readonly kind: "begin";
      readonly worker: number;
      /** How many versions the caches lag. */
      readonly lag: { readonly object: number; readonly secret: number };
    }
  | { readonly kind: "step"; readonly worker: number; readonly fault: Fault }
  | { readonly kind: "crash"; readonly controller: number }
  | { readonly kind: "arrive"; readonly index: number }
  | { readonly kind: "sweep" }
  /** Milliseconds by which the clock goes on. */
  | { readonly kind: "clock"; readonly by: number }
  | { readonly kind: "interfere"; readonly what: string; readonly apiKey: number };

/** Where an action leads. */
export interface Moved {
  readonly state: State;
  readonly violation: string | undefined;
}

/** Takes an action. @returns `undefined` where there is nothing that it could be done to. */
export function take(state: State, action: Action, rules: Rules): Moved | undefined {
  const moved = takeUnaudited(switchTo(state, action), action, rules);
  return moved === undefined
    ? undefined
    : { ...moved, violation: moved.violation ?? auditState(moved.state) };
}

function switchTo(state: State, action: Action): State {
  if (!("worker" in action) || action.worker === state.turn) return state;
  const { budget } = state;
  const switches = budget.switches - (isInterrupted(state, action.worker) ? 1 : 0);
  return { ...state, turn: action.worker, budget: { ...budget, switches } };
}

/** Whether it would interrupt another worker in its pass if this one moved. */
export function isInterrupted({ workers, turn }: State, worker: number): boolean {
  return turn !== worker && workers[turn]?.pass !== undefined;
}

function takeUnaudited(state: State, action: Action, rules: Rules): Moved | undefined {
  switch (action.kind) {
    case "begin": {
      const next = beginPass(state, action.worker, action.lag, rules);
      return next === undefined ? undefined : { state: next, violation: undefined };
    }
    case "step":
      return step(state, action.worker, action.fault, rules);
    case "crash":
      return { state: crash(state, action.controller), violation: undefined };
    case "arrive":
      return arrive(state, action.index);
    case "sweep": {
      const swept = sweep(state);
      return swept === undefined ? undefined : { state: spendSweep(swept), violation: undefined };
    }
    case "clock":
      return advance(state, state.now + action.by);
    case "interfere":
      return interfere(state, action.what, action.apiKey);
  }
}

/** Begins no pass and sends nothing: the process is gone, with what it knew and what it held. */
function crash(state: State, controller: number): State {
  const workers = state.workers.map((worker) =>
    worker.controller === controller
      ? { ...worker, pass: undefined, wakeAt: state.now, tagsVerified: false, rested: undefined }
      : worker,
  );
  return spend({ ...state, workers }, "crashes");
}

function spend(state: State, what: "crashes" | "faults" | "interferences"): State {
  const { budget } = state;
  const disturbances = budget.disturbances - 1;
  return { ...state, budget: { ...budget, [what]: budget[what] - 1, disturbances } };
}

function spendSweep(state: State): State {
  return { ...state, budget: { ...state.budget, sweeps: state.budget.sweeps - 1 } };
}

function step(before: State, index: number, fault: Fault, rules: Rules): Moved | undefined {
  const state = fault === "none" ? before : spend(before, "faults");
  const worker = state.workers[index];
  if (worker?.pass === undefined) return undefined;
  const { pass } = worker;
  if (!isEffect(pass.step)) {
    const result = fault === "none" ? observe(state, worker.apiKey, pass) : failed("rejected");
    return { state: fold(state, index, pass, result, rules), violation: undefined };
  }
  const sent = send(state, requestOf(index, worker.apiKey, pass), fault);
  return sent && { state: fold(sent.state, index, pass, sent.result, rules), violation: sent.violation };
}

interface Sent extends Moved {
  readonly result: StepResult;
}

/** @returns `undefined` for a fault that would show as none. */
function send(state: State, request: Request, fault: Fault): Sent | undefined {
  const quiet = { state, violation: undefined };
  if (fault === "rejected") return { ...quiet, result: failed("rejected") };
  if (fault === "never-arrived") return { ...quiet, result: failed("unknown") };
  if (asksTooLate(request.step, state.now))
    return fault === "none" ? { ...quiet, result: failed("rejected") } : undefined;
  if (fault === "late") {
    const due = state.now + DEFAULT_TIMING.requestDeadline - 1;
    return {
      ...quiet,
      state: { ...state, late: [...state.late, { request, due }] },
      result: failed("unknown"),
    };
  }
  const target = fault === "conflict" ? disturb(state, request) : state;
  if (target === undefined) return undefined;
  if (fault === "repeated") return repeat(target, request);
  const effected = perform(target, request);
  if (fault !== "answer-lost") return effected;
  return effected.result.outcome === "done" ? { ...effected, result: failed("unknown") } : undefined;
}

/** A proxy sends the request for a key twice, and gives the first answer, or that of a refusal. */
function repeat(state: State, request: Request): Sent | undefined {
  const first = perform(state, request);
  if (request.step.kind !== "mint" || first.result.outcome !== "done") return undefined;
  const [next, second] = repeatEffect(first.state, request);
  return { ...first, state: next, result: second.outcome === "done" ? first.result : second };
}

/** Somebody edits what is about to be written, so that its guard does not hold. */
function disturb(state: State, { step: { kind }, apiKey }: Request): State | undefined {
  const object = objectAt(state.cluster, apiKey);
  if (kind === "write-status" || kind.endsWith("finalizer"))
    return object === undefined ? undefined : putObject(state, apiKey, object);
  const secret = secretAt(state.cluster, apiKey);
  const guarded = kind.endsWith("secret") && kind !== "preflight-secret";
  return secret === undefined || !guarded ? undefined : putSecret(state, apiKey, secret);
}

function requestOf(worker: number, apiKey: number, pass: Pass): Request {
  const { object, secret } = pass.view;
  const present = object.state === "present" ? object : undefined;
  const desired = present !== undefined && "mode" in present.desired ? present.desired : undefined;
  return {
    worker,
    apiKey,
    uid: pass.uid,
    epoch: pass.epoch,
    step: pass.step,
    resourceVersion: present?.resourceVersion ?? "",
    generation: present?.generation ?? 0,
    mode: desired?.mode ?? "",
    description: desired?.description ?? "",
    knewSecret: secret.state === "present",
  };
}

function observe(state: State, apiKey: number, { uid, step: read }: Pass): StepResult {
  return { outcome: "done", observed: seen(state, apiKey, uid, read) };
}

function seen(state: State, apiKey: number, uid: string, read: Step): Observed {
  switch (read.kind) {
    case "read-object": {
      const object = objectAt(state.cluster, apiKey);
      return { object: object?.uid === uid ? objectView(object, "live") : { state: "gone" } };
    }
    case "read-secret":
      return { secret: secretView(secretAt(state.cluster, apiKey), uid, "live") };
    case "get-key": {
      const key = state.keys.find(({ id }) => id === read.keyId);
      return { remote: key === undefined ? "absent" : shown(key) };
    }
    case "list-keys": {
      const owner = ownerOfUid(uid);
      const keys = state.keys.filter((key) => key.status === "active" && key.description.includes(owner));
      return { listing: { startedAt: state.now, keys: keys.map((key) => shown(key)) } };
    }
    case "find-claims":
      return { claims: claimsOn(state, uid, read) };
    case "reserve-key":
      return {};
    default:
      throw new TypeError(`${read.kind} is no read`);
  }
}

function claimsOn({ cluster }: State, uid: string, read: Step & { kind: "find-claims" }): Claims {
  const others = cluster.apiKeys.flatMap(({ now }) => (now === undefined || now.uid === uid ? [] : [now]));
  return claimsAmong(others, read, ownerOfUid);
}

function fold(state: State, index: number, pass: Pass, result: StepResult, rules: Rules): State {
  const view = rules.applyResult(pass.view, pass.step, result, state.now);
  const pause = result.outcome === "done" ? 0 : pauseAfterFailure(view);
  const looked = pass.step.kind === "read-object" && result.outcome === "done";
  const epoch = looked ? state.epoch : pass.epoch;
  return goOn(state, index, { uid: pass.uid, epoch, view }, state.now + pause, rules);
}

function arrive(state: State, index: number): Moved | undefined {
  const late = state.late[index];
  if (late === undefined) return undefined;
  return perform({ ...state, late: state.late.filter((other) => other !== late) }, late.request);
}

/** Lets the clock go on; whatever is due on the way arrives. */
export function advance(state: State, time: number): Moved {
  const next = earliestLate(state);
  if (next === undefined || next.due > time) return { state: { ...state, now: time }, violation: undefined };
  const moved = arrive({ ...state, now: next.due }, state.late.indexOf(next));
  if (moved?.violation !== undefined) return moved;
  const violation = moved === undefined ? undefined : auditState(moved.state);
  return moved === undefined || violation !== undefined ? { state, violation } : advance(moved.state, time);
}

function earliestLate(state: State): Late | undefined {
  return state.late.toSorted((left, right) => left.due - right.due)[0];
}

function interfere(before: State, what: string, apiKey: number): Moved | undefined {
  const state = INTERFERENCES[what]?.(before, apiKey);
  if (state === undefined) return undefined;
  const excused = excusedBy(before, state);
  const told = remember(state, "excused", excused);
  const next = excused.length === 0 ? told : { ...told, epoch: told.epoch + 1 };
  return { state: spend(next, "interferences"), violation: undefined };
}
