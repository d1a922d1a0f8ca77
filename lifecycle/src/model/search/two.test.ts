import { describe, expect, it } from "vitest";
import { ONE, QUIET, search, triedIn } from "./testing/search.ts";

/** What two controllers do not survive yet: a GET that does not show a new key, a forged attempt before the record. */
const OPEN_FOR_TWO = ["stale", "an attempt is forged into the Secret"];

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

  it.each(["create", "delete"] as const)(
    "holds the invariant with two controllers and any one disturbance: %s",
    (world) => {
      const { faults, interference } = triedIn(world);
      const report = search(world, {
        controllers: 2,
        faults: faults.filter((fault) => !OPEN_FOR_TWO.includes(fault)),
        interference: interference.filter((what) => !OPEN_FOR_TWO.includes(what)),
        budget: { ...ONE, switches: 1 },
        maxStates: 70_000,
      });
      expect(report.violation).toBeUndefined();
      expect(report.complete).toBe(true);
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
