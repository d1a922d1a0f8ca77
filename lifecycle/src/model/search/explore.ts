import { take, type Action } from "../actions.ts";
import { converge, type Known } from "../converge.ts";
import type { InterferenceName } from "../interference/interferences.ts";
import type { Rules } from "../passes.ts";
import type { State } from "../state.ts";
import { enabled } from "./enabled.ts";
import { budgetKey, keyOf } from "./key.ts";

/** A way into a violation: the actions from the first state on. */
export interface Counterexample {
  readonly violation: string;
  readonly actions: readonly Action[];
  /** Whether it shows only in the run without faults that follows the actions. */
  readonly atRest: boolean;
}

/** What a search has seen. */
export interface Explored {
  /** Different states, over all rounds. */
  readonly states: number;
  readonly transitions: number;
  /** Whether everything within the bound was seen, rather than the search stopped. */
  readonly complete: boolean;
  readonly counterexample: Counterexample | undefined;
}

/** What a search tries, and when it stops. */
export interface Limits {
  readonly interference: readonly InterferenceName[];
  readonly maxStates: number;
  /** Asked once in a while; true ends the search. */
  readonly isOver: (states: number) => boolean;
}

interface Node {
  readonly state: State;
  readonly parent: Node | undefined;
  readonly action: Action | undefined;
}

/**
 * Walks depth first through every state that can be reached within the budget of the first, and holds each
 * against the invariant and against liveness: from every one of them a run without faults must come to rest as
 * declared. Only the states on the way to the one at hand are kept; of the others, their keys.
 */
export function explore(first: State, rules: Rules, limits: Limits): Explored {
  const visited = new Set([keyOf(first, budgetKey(first))]);
  const known: Known = { keyOf, atRest: new Set() };
  const stack: Node[] = [{ state: first, parent: undefined, action: undefined }];
  let transitions = 0;
  const found = (complete: boolean, counterexample?: Counterexample): Explored => ({
    states: visited.size,
    transitions,
    complete,
    counterexample,
  });
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const { violation } = converge(node.state, rules, { known });
    if (violation !== undefined) return found(false, { violation, actions: pathTo(node), atRest: true });
    for (const action of enabled(node.state, limits.interference)) {
      const moved = take(tick(node.state, action), action, rules);
      if (moved === undefined) continue;
      transitions += 1;
      const next: Node = { state: moved.state, parent: node, action };
      if (moved.violation !== undefined)
        return found(false, { violation: moved.violation, actions: pathTo(next), atRest: false });
      const key = keyOf(moved.state, budgetKey(moved.state));
      if (visited.has(key)) continue;
      visited.add(key);
      stack.push(next);
    }
    if (visited.size >= limits.maxStates || limits.isOver(visited.size)) return found(stack.length === 0);
  }
  return found(true);
}

function tick(state: State, action: Action): State {
  if (action.kind !== "clock") return state;
  return { ...state, budget: { ...state.budget, ticks: state.budget.ticks - 1 } };
}

function pathTo(node: Node): readonly Action[] {
  const actions: Action[] = [];
  for (let at: Node | undefined = node; at?.action !== undefined; at = at.parent) actions.unshift(at.action);
  return actions;
}
