import { auditEffect, auditEnd, auditSaid } from "./audit.ts";
import { faultsOf, handle, type Handled, type Outcome } from "./outcomes.ts";
import { courseOf, type Rules } from "./process.ts";
import { operationOf, type Answer } from "./request.ts";
import type { Command, Process, State, World } from "./state.ts";
import { isHandingOver } from "./handover.ts";
import { createKey, Refusal } from "./vendor.ts";

/** What may happen next. */
export type Action =
  /** A user runs a command; where the stack is locked by an engine that is gone, after `pulumi cancel`. */
  | { readonly kind: "begin"; readonly stack: number; readonly command: Command }
  /** A process is answered, and goes on to its next request. */
  | { readonly kind: "step"; readonly process: number; readonly outcome: Outcome }
  /** A provider is killed before or after its request takes effect. */
  | { readonly kind: "kill provider"; readonly process: number; readonly effect: boolean }
  | { readonly kind: "kill engine"; readonly process: number }
  /** A create that was given up takes effect. */
  | { readonly kind: "arrive" }
  | { readonly kind: "clock"; readonly ms: number };

/** Longer than the longest create; and longer than the overlap of the worlds. */
const TICKS = [61_000, 7_300_000] as const;
/** A command does not begin in the same moment as the one before ended. */
const BETWEEN_COMMANDS_MS = 2_000;

/** All that may happen in a state, within its budget. */
export function enabled(state: State, world: World): readonly Action[] {
  const { budget, processes } = state;
  const actions: Action[] = [];
  for (const process of processes) actions.push(...actionsOf(state, process));
  if (state.late.length > 0) actions.push({ kind: "arrive" });
  // Within a command nothing depends on the time but its own waits; what an engine has left behind may be slow.
  const isBusy = processes.some((process) => process.engine || isHandingOver(process));
  if (budget.ticks > 0 && !isBusy) for (const ms of TICKS) actions.push({ kind: "clock", ms });
  if (budget.commands > 0) {
    for (const stack of state.stacks.keys()) {
      if (isLocked(state, stack)) continue;
      for (const command of world.commands) actions.push({ kind: "begin", stack, command });
    }
  }
  return actions;
}

/** An engine that lives has locked its stack. One that is gone has too, and `pulumi cancel` unlocks it. */
function isLocked({ processes }: State, stack: number): boolean {
  return processes.some((process) => process.stack === stack && process.engine);
}

function actionsOf(state: State, process: Process): readonly Action[] {
  const { budget } = state;
  const { id, next } = process;
  const canGoOn = (other: Process): boolean => canStep(state, other);
  const isActive = state.active === id || !state.processes.some((p) => p.id === state.active && canGoOn(p));
  if (!canStep(state, process) || (!isActive && budget.switches === 0)) return [];
  const actions: Action[] = [{ kind: "step", process: id, outcome: "done" }];
  const calls = operationOf(next) !== undefined;
  if (budget.disturbances === 0) return actions;
  if (budget.faults > 0) {
    for (const outcome of faultsOf(state, next)) actions.push({ kind: "step", process: id, outcome });
  }
  if (budget.providers > 0 && next.kind !== "save") {
    actions.push({ kind: "kill provider", process: id, effect: false });
    if (calls) actions.push({ kind: "kill provider", process: id, effect: true });
  }
  if (budget.engines > 0 && process.engine) actions.push({ kind: "kill engine", process: id });
  return actions;
}

/** Between request and confirmation nothing takes a minute, so that no wait ends meanwhile. */
function canStep(state: State, process: Process): boolean {
  const others = state.processes.filter((other) => other !== process);
  return process.next.kind !== "wait" || !others.some(isHandingOver);
}

/**
 * Lets an action happen.
 * @throws Violation
 */
export async function take(state: State, action: Action, world: World, rules: Rules): Promise<State> {
  switch (action.kind) {
    case "begin":
      return begin(state, action.stack, action.command, world, rules);
    case "clock":
      return spend({ ...state, now: state.now + action.ms }, { ticks: 1 });
    case "arrive":
      return arrive(state);
    case "kill engine":
      return killEngine(state, processOf(state, action.process));
    case "kill provider":
      return killProvider(state, processOf(state, action.process), action.effect, world, rules);
    case "step":
      return step(state, processOf(state, action.process), action.outcome, world, rules);
  }
}

function processOf({ processes }: State, id: number): Process {
  const process = processes.find((other) => other.id === id);
  if (process === undefined) throw new RangeError(`there is no process ${id}`);
  return process;
}

async function begin(
  state: State,
  stack: number,
  command: Command,
  world: World,
  rules: Rules,
): Promise<State> {
  const now = state.now + BETWEEN_COMMANDS_MS;
  const { checkpoint, declared } = stackOf(state, stack);
  const program = command.kind === "up" ? command.declared : declared;
  const begun = {
    id: state.nextProcess,
    stack,
    command,
    begun: { now, checkpoint, declared: program, born: state.nextKey },
    log: [],
  };
  const course = await courseOf(begun, world.declarations[program], rules);
  const stacks = state.stacks.with(stack, { checkpoint, declared: program });
  const ready = spend(
    { ...state, now, stacks, before: state.keys, nextProcess: begun.id + 1 },
    { commands: 1 },
  );
  // What has nothing to do asks for nothing.
  if (course.kind === "ended") return ready;
  const process: Process = { ...begun, engine: true, provider: true, next: course.request, faulty: false };
  return activate({ ...ready, processes: [...state.processes, process] }, state, process.id);
}

/** Makes a process the active one, which costs a switch where the one before could go on. */
function activate(state: State, before: State, id: number): State {
  const isSwitch =
    before.active !== id &&
    before.processes.some((other) => other.id === before.active && canStep(before, other));
  return { ...(isSwitch ? spend(state, { switches: 1 }) : state), active: id };
}

function arrive(state: State): State {
  const [request, ...late] = state.late;
  if (request === undefined) return state;
  try {
    return { ...createKey(state, request).state, late };
  } catch (error) {
    if (error instanceof Refusal) return { ...state, late };
    throw error;
  }
}

function killEngine(state: State, process: Process): State {
  const spent = spend(state, { engines: 1, disturbances: 1 });
  // An engine that writes has nothing under way; one that waits for its provider leaves it behind.
  const left = process.next.kind === "save" || !process.provider ? [] : [{ ...process, engine: false }];
  return withProcess(spent, process, left);
}

async function killProvider(
  state: State,
  process: Process,
  effect: boolean,
  world: World,
  rules: Rules,
): Promise<State> {
  const reached = effect ? handle(state, process, "lost").state : state;
  if (effect) auditEffect(state, reached, process);
  const spent = spend(reached, { providers: 1, disturbances: 1 });
  if (!process.engine) return withProcess(spent, process, []);
  const answer: Answer = { now: state.now, kind: "died" };
  return goOn(spent, { ...process, provider: false, faulty: true }, answer, world, rules);
}

async function step(
  state: State,
  process: Process,
  outcome: Outcome,
  world: World,
  rules: Rules,
): Promise<State> {
  const { state: reached, answer } = answerOf(state, process, outcome);
  auditEffect(state, reached, process);
  const isFault = outcome !== "done";
  const spent = isFault ? spend(reached, { faults: 1, disturbances: 1 }) : reached;
  // The write of a dead engine does not happen, and its provider has nothing more to do.
  if (process.next.kind === "save" && !process.engine) return withProcess(spent, process, []);
  const went = { ...process, faulty: process.faulty || isFault };
  return activate(await goOn(spent, went, answer, world, rules), state, process.id);
}

function answerOf(state: State, process: Process, outcome: Outcome): Handled {
  const { next } = process;
  if (next.kind === "wait") {
    const now = state.now + next.ms;
    return { state: { ...state, now }, answer: { now, kind: "done" } };
  }
  if (next.kind === "listens") {
    return { state, answer: { now: state.now, kind: "listens", listens: process.engine } };
  }
  if (next.kind !== "save") return handle(state, process, outcome);
  const { checkpoint } = next;
  const stack = { ...stackOf(state, process.stack), checkpoint };
  const stacks = process.engine ? state.stacks.with(process.stack, stack) : state.stacks;
  return { state: { ...state, stacks }, answer: { now: state.now, kind: "done" } };
}

async function goOn(
  state: State,
  process: Process,
  answer: Answer,
  world: World,
  rules: Rules,
): Promise<State> {
  const went = { ...process, log: [...process.log, { request: process.next, answer }] };
  const declared = world.declarations[process.begun.declared];
  const course = await courseOf(went, declared, rules);
  auditSaid(state, course);
  if (course.kind === "asks") return withProcess(state, process, [{ ...went, next: course.request }]);
  const ended = withProcess(state, process, []);
  auditEnd(ended, went, course.failure);
  return ended;
}

function withProcess(state: State, process: Process, left: readonly Process[]): State {
  return { ...state, processes: state.processes.flatMap((p) => (p.id === process.id ? left : [p])) };
}

function stackOf({ stacks }: State, index: number): State["stacks"][number] {
  const stack = stacks[index];
  if (stack === undefined) throw new RangeError(`there is no stack ${index}`);
  return stack;
}

function spend(state: State, costs: Partial<State["budget"]>): State {
  const { budget } = state;
  const left = (name: keyof State["budget"]): number => budget[name] - (costs[name] ?? 0);
  return {
    ...state,
    budget: {
      providers: left("providers"),
      engines: left("engines"),
      faults: left("faults"),
      disturbances: left("disturbances"),
      commands: left("commands"),
      ticks: left("ticks"),
      switches: left("switches"),
    },
  };
}
