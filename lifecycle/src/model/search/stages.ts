import { isInterrupted, type Action } from "../actions.ts";
import type { Budget, State } from "../state.ts";

/** How much of the budget was spent on the way to a state. */
interface Spent {
  readonly disturbances: number;
  /** Those of the disturbances that were interferences. */
  readonly interferences: number;
  /** Inventories, steps of the clock and interruptions together. */
  readonly others: number;
}

const FREE: Spent = { disturbances: 0, interferences: 0, others: 0 };
const OTHER: Spent = { ...FREE, others: 1 };
const DISTURBANCE: Spent = { ...FREE, disturbances: 1 };
const DISTURBANCE_AND_OTHER: Spent = { ...DISTURBANCE, others: 1 };
const INTERFERENCE: Spent = { ...DISTURBANCE, interferences: 1 };
const COSTS = [OTHER, DISTURBANCE, DISTURBANCE_AND_OTHER, INTERFERENCE];

/** What an action costs. */
function costOf(state: State, action: Action): Spent {
  switch (action.kind) {
    case "clock":
    case "list":
      return OTHER;
    case "begin":
      return isInterrupted(state, action.worker) ? OTHER : FREE;
    case "step":
      if (isInterrupted(state, action.worker)) return action.fault === "none" ? OTHER : DISTURBANCE_AND_OTHER;
      return action.fault === "none" ? FREE : DISTURBANCE;
    case "crash":
    case "lose-lease":
      return DISTURBANCE;
    case "interfere":
      return INTERFERENCE;
    default:
      return FREE;
  }
}

/**
 * The order of a search: by the disturbances spent, of these by the interferences, and then by what else is spent. What
 * is met in a stage and can still spend something is kept until the stages have come that it leads to.
 */
export class Stages<Node extends { readonly state: State }> {
  readonly #last: Spent;
  readonly #actionsOf: (state: State) => readonly Action[];
  readonly #kept = new Map<string, Node[]>();
  #now: Spent = FREE;

  /** @param actionsOf what may happen in a state. */
  constructor(budget: Budget, actionsOf: (state: State) => readonly Action[]) {
    const { disturbances, interferences, sweeps, ticks, switches } = budget;
    this.#last = {
      disturbances,
      interferences: Math.min(interferences, disturbances),
      others: sweeps + ticks + switches,
    };
    this.#actionsOf = actionsOf;
  }

  /** The stages one after the other, and for each the actions that lead into it from earlier ones. */
  *stages(): Generator<{
    readonly disturbances: number;
    readonly entries: Generator<readonly [Node, Action]>;
  }> {
    for (let disturbances = 0; disturbances <= this.#last.disturbances; disturbances += 1) {
      for (let interferences = 0; interferences <= this.#last.interferences; interferences += 1) {
        if (interferences > disturbances) break;
        for (let others = 0; others <= this.#last.others; others += 1) {
          this.#now = { disturbances, interferences, others };
          yield { disturbances, entries: this.#entries(this.#now) };
        }
      }
      this.#forgetBefore(disturbances);
    }
  }

  /** Keeps what this stage has looked at. */
  keep(node: Node): void {
    const { disturbances, others } = this.#now;
    if (disturbances === this.#last.disturbances && others === this.#last.others) return;
    const name = nameOf(this.#now);
    const kept = this.#kept.get(name);
    if (kept === undefined) this.#kept.set(name, [node]);
    else kept.push(node);
  }

  *#entries(stage: Spent): Generator<readonly [Node, Action]> {
    for (const cost of COSTS) {
      const from = {
        disturbances: stage.disturbances - cost.disturbances,
        interferences: stage.interferences - cost.interferences,
        others: stage.others - cost.others,
      };
      for (const node of this.#kept.get(nameOf(from)) ?? []) {
        for (const action of this.#actionsOf(node.state))
          if (costOf(node.state, action) === cost) yield [node, action];
      }
    }
  }

  #forgetBefore(disturbances: number): void {
    for (const name of this.#kept.keys())
      if (Number(name.split(" ", 1)[0]) < disturbances) this.#kept.delete(name);
  }
}

function nameOf({ disturbances, interferences, others }: Spent): string {
  return `${disturbances} ${interferences} ${others}`;
}

/** Whether an action costs nothing. */
export function isFree(state: State, action: Action): boolean {
  return costOf(state, action) === FREE;
}
