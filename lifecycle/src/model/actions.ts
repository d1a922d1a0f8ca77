import { excusedBy } from "./audit/excuses.ts";
import { auditState } from "./audit/invariant.ts";
import type { Codecs } from "./codecs.ts";
import { arrive, type Fault } from "./faults.ts";
import { INTERFERENCES, type InterferenceName } from "./interference/interferences.ts";
import { canLoseLease, ended, fenced } from "./lease.ts";
import { list, sweep } from "./inventory.ts";
import { beginPass, takeStep, type Lag, type Rules } from "./passes.ts";
import { NOTHING_REMEMBERED, remember, type Late, type State } from "./state.ts";
import { rollOut } from "./workloads.ts";

/** One thing that can happen. A sweep judges what was listed last, or else what it lists itself. */
export type Action =
  | { readonly kind: "begin"; readonly worker: number; readonly lag: Lag }
  | { readonly kind: "step"; readonly worker: number; readonly fault: Fault }
  | { readonly kind: "crash"; readonly controller: number }
  | { readonly kind: "lose-lease"; readonly controller: number }
  | { readonly kind: "arrive"; readonly index: number }
  | { readonly kind: "list" }
  | { readonly kind: "sweep" }
  /** The workload's Pods are replaced, all of them. */
  | { readonly kind: "roll-out"; readonly apiKey: number }
  /** Milliseconds by which the clock goes on. */
  | { readonly kind: "clock"; readonly by: number }
  | { readonly kind: "interfere"; readonly what: InterferenceName; readonly apiKey: number };

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
    case "begin":
      return quietly(beginPass(state, action.worker, action.lag, rules));
    case "step": {
      const { fault, worker } = action;
      return takeStep(fault === "none" ? state : spend(state, "faults"), worker, fault, rules);
    }
    case "crash":
      return quietly(crash(state, action.controller));
    case "lose-lease":
      return quietly(loseLease(state, action.controller));
    case "arrive": {
      const late = state.late[action.index];
      return late === undefined ? undefined : arrive(state, late, rules.codecs);
    }
    case "list": {
      const { budget } = state;
      const listed = list(state);
      return quietly(listed && { ...listed, budget: { ...budget, sweeps: budget.sweeps - 1 } });
    }
    case "sweep":
      return quietly(sweep(state, rules));
    case "roll-out":
      return quietly(rollOut(state, action.apiKey));
    case "clock":
      return advance(state, state.now + action.by, rules.codecs);
    case "interfere":
      return quietly(interfere(state, action.what, action.apiKey));
  }
}

function quietly(state: State | undefined): Moved | undefined {
  return state && { state, violation: undefined };
}

/** Begins no pass and sends nothing: the process is gone, with what it knew and what it held. */
function crash(state: State, controller: number): State {
  const workers = state.workers.map((worker) =>
    worker.controller === controller ? ended(worker, state.now) : worker,
  );
  return spend({ ...state, workers, ...NOTHING_REMEMBERED }, "crashes");
}

/** The process does nothing more but to bring a pending commit to its end. */
function loseLease(state: State, controller: number): State | undefined {
  if (!canLoseLease(state, controller)) return undefined;
  const workers = state.workers.map((worker) =>
    worker.controller === controller ? fenced(worker, state.now) : worker,
  );
  return spend({ ...state, workers }, "crashes");
}

function spend(state: State, what: "crashes" | "faults" | "interferences"): State {
  const { budget } = state;
  const disturbances = budget.disturbances - 1;
  return { ...state, budget: { ...budget, [what]: budget[what] - 1, disturbances } };
}

/** Lets the clock go on; whatever is due on the way arrives. */
function advance(state: State, time: number, codecs: Codecs): Moved {
  const next = earliestLate(state);
  if (next === undefined || next.due > time) return { state: { ...state, now: time }, violation: undefined };
  const moved = arrive({ ...state, now: Math.max(state.now, next.due) }, next, codecs);
  const violation = moved.violation ?? auditState(moved.state);
  return violation === undefined ? advance(moved.state, time, codecs) : { state: moved.state, violation };
}

function earliestLate(state: State): Late | undefined {
  return state.late.toSorted((left, right) => left.due - right.due)[0];
}

function interfere(before: State, what: InterferenceName, apiKey: number): State | undefined {
  const state = INTERFERENCES[what](before, apiKey);
  if (state === undefined) return undefined;
  const excused = excusedBy(before, state);
  const next = remember(state, "excused", excused);
  return spend(excused.length === 0 ? next : { ...next, epoch: next.epoch + 1 }, "interferences");
}
