import { describe, expect, it } from "vitest";
import { ONE, search } from "./testing/search.ts";
import { QUIET } from "./worlds.ts";

describe("every interleaving of two, up to a bound", () => {
  it.each([
    ["create", 3_000],
    ["rotate", 3_000],
    ["roll", 3_000],
  ] as const)("holds the invariant with two controllers that stall: %s", (world, least) => {
    const report = search(world, { controllers: 2, budget: { ...QUIET, switches: 1, ticks: 1 } });
    expect(report.violation).toBeUndefined();
    expect(report.complete).toBe(true);
    expect(report.states).toBeGreaterThan(least);
  });

  // The first is cut off by its number of states, after everything without a disturbance.
  it.each([
    ["create", 0],
    ["delete", 1],
  ] as const)(
    "holds the invariant with two controllers and any one disturbance: %s",
    (world, completeUpTo) => {
      const report = search(world, {
        controllers: 2,
        budget: { ...ONE, switches: 1 },
        maxStates: 40_000,
      });
      expect(report.violation).toBeUndefined();
      expect(report.completeUpTo).toBe(completeUpTo);
    },
  );

  it("holds the invariant with two ApiKeys on one account and any one disturbance", () => {
    const report = search("create", { apiKeys: 2, budget: ONE });
    expect(report.violation).toBeUndefined();
    expect(report.complete).toBe(true);
  });

  it.each(["adopt", "adopt without value"] as const)(
    "gives one key to one of two ApiKeys that want it: %s",
    (world) => {
      const report = search(world, { apiKeys: 2, budget: { ...QUIET, switches: 1, ticks: 1 } });
      expect(report.violation).toBeUndefined();
      expect(report.complete).toBe(true);
    },
  );
});
