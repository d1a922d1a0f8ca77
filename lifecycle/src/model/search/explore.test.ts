import { describe, expect, it } from "vitest";
import { take } from "../actions.ts";
import { FAULTS } from "../faults.ts";
import { SHIPPED } from "../passes.ts";
import type { State } from "../state.ts";
import { packBudget } from "./budgets.ts";
import { enabled } from "./enabled.ts";
import { explore } from "./explore.ts";
import { keyOf } from "./key.ts";
import { EXPLORED } from "./searches.ts";
import { worldOf, type WorldName } from "./worlds.ts";

const TRIED = { interference: EXPLORED, faults: FAULTS };
const ONE = { crashes: 1, faults: 1, interferences: 1, sweeps: 1, switches: 1, ticks: 1, disturbances: 1 };
const TWO = { crashes: 1, faults: 2, interferences: 1, sweeps: 0, switches: 0, ticks: 0, disturbances: 2 };

/** All states, found in the plainest way: each is gone into once for every budget that it is met with. */
function statesOneByOne(first: State): number {
  const states = new Set<string>();
  const met = new Set<string>();
  const stack = [first];
  for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
    const key = keyOf(state);
    const name = `${key.low} ${key.high}`;
    const whole = `${name} ${key.past.low} ${key.past.high} ${packBudget(state.budget, key.turn)}`;
    if (met.has(whole)) continue;
    met.add(whole);
    states.add(name);
    for (const action of enabled(state, TRIED)) {
      const { budget } = state;
      const from =
        action.kind === "clock" ? { ...state, budget: { ...budget, ticks: budget.ticks - 1 } } : state;
      const moved = take(from, action, SHIPPED);
      if (moved !== undefined) stack.push(moved.state);
    }
  }
  return states.size;
}

describe("a search in stages", () => {
  it.each([
    ["delete", 2, { ...ONE, sweeps: 0 }],
    ["adopt without value", 1, { ...ONE, switches: 0, ticks: 0, sweeps: 0 }],
    ["delete", 1, TWO],
  ] as const)(
    "sees the states that a plain one sees: %s, %d controllers",
    (world: WorldName, controllers, budget) => {
      const first = worldOf(world, { controllers, apiKeys: 1, budget });
      const whole = { ...TRIED, maxStates: Number.POSITIVE_INFINITY, isOver: () => false };
      const found = explore(first, SHIPPED, whole);
      expect(found.counterexample).toBeUndefined();
      expect(found.completeUpTo).toBe(budget.disturbances);
      expect(found.states).toBe(statesOneByOne(first));
      expect(found.visits).toBeLessThan(found.states * 1.5);
    },
  );
});
