import { enabled, take, type Action } from "./actions.ts";
import { keyOf } from "./key.ts";
import type { Rules } from "./process.ts";
import { auditRest } from "./rest.ts";
import { Violation, type State, type World } from "./state.ts";

/** A way into a violation: the actions from the first state on. */
export interface Counterexample {
  readonly violation: string;
  readonly actions: readonly Action[];
  /** Whether it shows only in the run without faults that follows the actions. */
  readonly atRest: boolean;
}

/** What a search has seen. */
export interface Explored {
  readonly states: number;
  readonly transitions: number;
  /** Whether everything within the budget was seen. */
  readonly complete: boolean;
  readonly counterexample: Counterexample | undefined;
}

interface Node {
  readonly state: State;
  readonly parent: Node | undefined;
  readonly action: Action | undefined;
}

/**
 * Walks depth first through every state that can be reached within the budget of the first. Each effect is held against
 * the invariant; from each state in which nothing runs, one `up` without faults must restore what is promised.
 */
export async function explore(
  first: State,
  world: World,
  rules: Rules,
  maxStates: number,
): Promise<Explored> {
  const visited = new Set([keyOf(first, true)]);
  const rested = new Set<string>();
  const stack: Node[] = [{ state: first, parent: undefined, action: undefined }];
  let transitions = 0;
  const found = (complete: boolean, counterexample?: Counterexample): Explored => ({
    states: visited.size,
    transitions,
    complete,
    counterexample,
  });
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const { state } = node;
    const unrest = await violationAtRest(state, world, rules, rested);
    if (unrest !== undefined) return found(false, { violation: unrest, actions: pathTo(node), atRest: true });
    for (const action of enabled(state, world).toReversed()) {
      transitions += 1;
      const next = await violationOr(() => take(state, action, world, rules));
      if (typeof next === "string") {
        return found(false, { violation: next, actions: [...pathTo(node), action], atRest: false });
      }
      const key = keyOf(next, true);
      if (visited.has(key)) continue;
      visited.add(key);
      stack.push({ state: next, parent: node, action });
    }
    if (visited.size >= maxStates) return found(stack.length === 0);
  }
  return found(true);
}

/** Whether the world may be left to itself: nothing runs, and nothing is on its way. */
function isAtRest({ processes, late }: State): boolean {
  return processes.length === 0 && late.length === 0;
}

async function violationAtRest(
  state: State,
  world: World,
  rules: Rules,
  rested: Set<string>,
): Promise<string | undefined> {
  if (!isAtRest(state)) return undefined;
  const key = keyOf(state, false);
  if (rested.has(key)) return undefined;
  rested.add(key);
  const rest = await violationOr(() => auditRest(state, world, rules));
  return typeof rest === "string" ? rest : undefined;
}

/** What an action gives, or the violation that it ends in. */
export async function violationOr<T>(action: () => Promise<T>): Promise<T | string> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof Violation) return error.message;
    throw error;
  }
}

function pathTo(node: Node): readonly Action[] {
  const actions: Action[] = [];
  for (let at: Node | undefined = node; at?.action !== undefined; at = at.parent) actions.unshift(at.action);
  return actions;
}
