import { isEffect } from "../index.ts";
import { take, type Action, type Moved } from "./actions.ts";
import { followAdvice } from "./advice.ts";
import { auditRest } from "./audit/rest.ts";
import { FRESH, type Rules } from "./passes.ts";
import type { State } from "./state.ts";
import { objectAt } from "./store.ts";

const A_MINUTE = 60_000;
/** Whatever waits for an age or an overlap, also for one that was edited, has come up by then. */
const LONGER_THAN_ANY_OVERLAP = 7_400_000;
const MAX_STEPS = 4_000;
/** At rest are two rounds, a long time apart, without an effect; and to stay so are two more. */
const AT_REST = 2;
const STAYS_AT_REST = 4;

/** Called with each action. */
export type Trace = (before: State, action: Action, after: State) => void;

/** Where a run without faults has ended: at rest as declared, or with what is wrong. */
export interface Converged {
  readonly state: State;
  readonly violation: string | undefined;
}

/** What is known of other runs, so that each state is run from once. */
export interface Known {
  /** Tells states and turns apart. */
  readonly markOf: (state: State, turn: number) => Mark;
  /** States from which a run comes to rest. A run ends when it meets one, and adds its own. */
  readonly atRest: { readonly has: (mark: Mark) => boolean; readonly add: (mark: Mark) => void };
}

/** A digest of 64 bits. */
interface Mark {
  readonly low: number;
  readonly high: number;
}

/** How a run goes. */
export interface Course {
  readonly known?: Known;
  readonly trace?: Trace | undefined;
  /** The workers that take turns; all of them by default. */
  readonly workers?: readonly number[];
}

/** A run, and whose turn it is in it: workers take whole passes in turns, then the clock goes on. */
interface Run {
  state: State;
  turn: number;
  /** Effects in this round. */
  effects: number;
  /** Rounds at whose end nothing had happened and nothing was waited for. */
  quiet: number;
  readonly workers: readonly number[];
  readonly trace: Trace | undefined;
  readonly rules: Rules;
}

/** Lets a world go on without faults, with rollouts and inventories, until it is at rest and stays so. */
export function converge(from: State, rules: Rules, { known, trace, workers }: Course = {}): Converged {
  const turns = workers ?? [...from.workers.keys()];
  const run: Run = { state: from, turn: 0, effects: 0, quiet: 0, workers: turns, trace, rules };
  const met: Mark[] = [];
  for (let steps = 0; run.quiet < STAYS_AT_REST; steps += 1) {
    if (steps > MAX_STEPS) return { state: run.state, violation: "the world does not come to rest" };
    if (known !== undefined && run.quiet === 0) {
      const mark = known.markOf(run.state, run.turn);
      if (known.atRest.has(mark)) break;
      met.push(mark);
    }
    const violation = proceed(run);
    if (violation !== undefined) return { state: run.state, violation };
  }
  for (const mark of met) known?.atRest.add(mark);
  return { state: run.state, violation: undefined };
}

function proceed(run: Run): string | undefined {
  const index = run.workers[run.turn];
  const worker = index === undefined ? undefined : run.state.workers[index];
  if (index === undefined || worker === undefined) return endRound(run);
  const { pass, wakeAt } = worker;
  if (pass === undefined) {
    const violation = follow(run, { kind: "begin", worker: index, lag: FRESH });
    if (violation !== undefined) return violation;
  } else {
    if (isEffect(pass.step)) run.effects += 1;
    const due = wakeAt === undefined ? 0 : wakeAt - run.state.now;
    const waited = due > 0 ? follow(run, { kind: "clock", by: due }) : undefined;
    const violation = waited ?? follow(run, { kind: "step", worker: index, fault: "none" });
    if (violation !== undefined) return violation;
  }
  if (run.state.workers[index]?.pass !== undefined) return undefined;
  run.state = followAdvice(run.state, index);
  run.turn += 1;
  return undefined;
}

function follow(run: Run, action: Action): string | undefined {
  const moved: Moved | undefined = take(run.state, action, run.rules);
  if (moved === undefined) return undefined;
  run.trace?.(run.state, action, moved.state);
  run.state = moved.state;
  return moved.violation;
}

function endRound(run: Run): string | undefined {
  const { state } = run;
  const workers = run.workers.flatMap((index) => state.workers[index] ?? []);
  const waiting = workers.filter(({ apiKey }) => objectAt(state.cluster, apiKey) !== undefined);
  const wakes = waiting.flatMap(({ wakeAt }) => (wakeAt === undefined ? [] : [wakeAt]));
  const quiet = run.effects === 0 && wakes.length === 0 && state.late.length === 0;
  if (!quiet && run.quiet >= AT_REST) return "a world at rest is changed";
  run.quiet = quiet ? run.quiet + 1 : 0;
  run.effects = 0;
  run.turn = 0;
  if (run.quiet === AT_REST) {
    const violation = auditRest(state);
    if (violation !== undefined) return violation;
  }
  // Beyond what is due, a minute: late effects have arrived by then, and resyncs come round.
  const pause = run.quiet % AT_REST === 1 ? LONGER_THAN_ANY_OVERLAP : A_MINUTE;
  const by = wakes.length === 0 ? pause : Math.max(0, Math.min(...wakes) - state.now);
  return follow(run, { kind: "clock", by }) ?? lookAfter(run);
}

/** Between rounds rollouts come to their end, and the inventory sweeps. */
function lookAfter(run: Run): string | undefined {
  for (const apiKey of run.state.cluster.apiKeys.keys()) {
    const violation = follow(run, { kind: "roll-out", apiKey });
    if (violation !== undefined) return violation;
  }
  // What was listed before is judged, and then what is there now; twice, where the second one acts on what the first found.
  const listed = run.state.listing === undefined ? [] : [{ kind: "sweep" } as const];
  const again = run.state.orphans === "Revoke" ? [{ kind: "sweep" } as const] : [];
  for (const action of [...listed, { kind: "sweep" } as const, ...again]) {
    const violation = follow(run, action);
    if (violation !== undefined) return violation;
  }
  return undefined;
}
