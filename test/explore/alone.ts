import { expect, it } from "vitest";
import { ONE, search } from "../../lifecycle/src/model/search/testing/search.ts";
import type { WorldName } from "../../lifecycle/src/model/search/worlds.ts";
import { SHIPPED_RULES } from "./shipped-rules.ts";

/** How many states a world has at least: while time passes once, and with an inventory at any moment. */
export type Least = readonly [world: WorldName, ticking: number, swept: number];

/** Tests that one controller survives any one disturbance in these worlds. */
export function testAlone(worlds: readonly Least[]): void {
  it.each(worlds)("holds the invariant with any one disturbance: %s", (world, ticking, swept) => {
    const bounds = [
      [{ ...ONE, ticks: 1 }, ticking, "Report"],
      [{ ...ONE, sweeps: 1 }, swept, "Revoke"],
    ] as const;
    for (const [budget, least, orphans] of bounds) {
      const report = search(world, { budget, orphans, maxStates: 60_000 }, SHIPPED_RULES);
      expect(report.violation).toBeUndefined();
      expect(report.complete).toBe(true);
      expect(report.states).toBeGreaterThan(least);
    }
  });
}
