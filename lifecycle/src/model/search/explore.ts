import { take, type Action } from "../actions.ts";
import { converge, type Known } from "../converge.ts";
import type { Rules } from "../passes.ts";
import type { State } from "../state.ts";
import { packBudget } from "./budgets.ts";
import { enabled, type Tried } from "./enabled.ts";
import { keyOf, type StateKey } from "./key.ts";
import { Marks, Seen } from "./seen.ts";
import { isFree, Stages } from "./stages.ts";

/** A way into a violation: the actions from the first state on. */
export interface Counterexample {
  readonly violation: string;
  readonly actions: readonly Action[];
  /** Whether it shows only in the run without faults that follows the actions. */
  readonly atRest: boolean;
}

/** What a search has seen. */
export interface Explored {
  /** Different states, whatever may still go wrong in them. */
  readonly states: number;
  /** Different states, each as often as it was met with budgets of which none includes another. */
  readonly visits: number;
  readonly transitions: number;
  /** Up to how many disturbances every interleaving was seen; -1 where not even those without any were. */
  readonly completeUpTo: number;
  readonly counterexample: Counterexample | undefined;
}

/** What a search tries, and when it stops. */
export interface Limits extends Tried {
  readonly maxStates: number;
  /** Asked once in a while; true ends the search. */
  readonly isOver: (disturbances: number, states: number) => boolean;
}

/** How a state was come to. */
interface Trail {
  readonly before: Trail | undefined;
  readonly action: Action | undefined;
}

interface Node {
  readonly state: State;
  readonly trail: Trail;
}

/** One that was met, and is still to be looked at. */
interface Met extends Node {
  readonly key: StateKey;
}

/** The surroundings are asked no more often than that. */
const ASK_EVERY = 256;

/**
 * Walks through every state that can be reached within the budget of the first, and holds each against the invariant
 * and against liveness: from every one of them a run without faults must come to rest as declared.
 *
 * It goes in stages: first everything that happens without a disturbance, then with one, and so on; and within these by
 * what else is bounded. So almost every state is met first with the most that can still go wrong in it, and need not
 * be gone into again; and a violation shows with the fewest disturbances. Within a stage it goes depth first.
 */
export function explore(first: State, rules: Rules, limits: Limits): Explored {
  return new Search(rules, limits).run(first);
}

class Search {
  readonly #rules: Rules;
  readonly #limits: Limits;
  readonly #seen = new Seen();
  readonly #known: Known = { markOf, atRest: new Marks() };
  #visits = 0;
  #transitions = 0;
  #asked = 0;
  #found: Counterexample | undefined;

  constructor(rules: Rules, limits: Limits) {
    this.#rules = rules;
    this.#limits = limits;
  }

  run(first: State): Explored {
    const { budget } = first;
    const stages = new Stages<Node>(budget, (state) => this.#actionsOf(state));
    const stack: Met[] = [];
    this.#meet(stack, first, { before: undefined, action: undefined });
    for (const { disturbances, entries } of stages.stages()) {
      const isDone = (): boolean => this.#found !== undefined || this.#isOver(disturbances);
      do {
        for (let met = stack.pop(); met !== undefined; met = stack.pop()) {
          const node = this.#look(met);
          for (const action of this.#actionsOf(node.state))
            if (isFree(node.state, action)) this.#go(stack, node, action);
          stages.keep(node);
          if (isDone()) return this.#explored(disturbances - 1);
        }
        const entry = entries.next();
        if (entry.done === true) break;
        this.#go(stack, ...entry.value);
      } while (!isDone());
      if (isDone()) return this.#explored(disturbances - 1);
    }
    return this.#explored(budget.disturbances);
  }

  #actionsOf(state: State): readonly Action[] {
    return enabled(state, this.#limits);
  }

  /** Holds a state against liveness. */
  #look({ state, trail, key }: Met): Node {
    this.#visits += 1;
    remembered = { state, key };
    const { violation } = converge(state, this.#rules, { known: this.#known });
    if (violation !== undefined) this.#found ??= { violation, actions: pathOf(trail), atRest: true };
    return { state, trail };
  }

  #go(stack: Met[], { state, trail }: Node, action: Action): void {
    const moved = take(tick(state, action), action, this.#rules);
    if (moved === undefined) return;
    this.#transitions += 1;
    const next: Trail = { before: trail, action };
    const { violation } = moved;
    if (violation !== undefined) this.#found ??= { violation, actions: pathOf(next), atRest: false };
    else this.#meet(stack, moved.state, next);
  }

  #meet(stack: Met[], state: State, trail: Trail): void {
    const key = keyOf(state);
    if (this.#seen.add(key, packBudget(state.budget, key.turn))) stack.push({ state, trail, key });
  }

  #isOver(disturbances: number): boolean {
    const { states } = this.#seen;
    if (states >= this.#limits.maxStates) return true;
    this.#asked += 1;
    return this.#asked % ASK_EVERY === 0 && this.#limits.isOver(disturbances, states);
  }

  #explored(completeUpTo: number): Explored {
    return {
      states: this.#seen.states,
      visits: this.#visits,
      transitions: this.#transitions,
      completeUpTo,
      counterexample: this.#found,
    };
  }
}

/** The state that is looked at, whose key is known. */
let remembered: { readonly state: State; readonly key: StateKey } | undefined;

/** The key of a state and of whose turn it is in a run without faults. */
function markOf(state: State, turn: number): StateKey {
  const key = remembered?.state === state ? remembered.key : keyOf(state);
  return { ...key, low: key.low ^ Math.imul(turn + 1, 0x9e3779b1 | 0) };
}

function tick(state: State, action: Action): State {
  if (action.kind !== "clock") return state;
  return { ...state, budget: { ...state.budget, ticks: state.budget.ticks - 1 } };
}

function pathOf(trail: Trail): readonly Action[] {
  const actions: Action[] = [];
  for (let at: Trail | undefined = trail; at?.action !== undefined; at = at.before)
    actions.unshift(at.action);
  return actions;
}
