import { describe, expect, it } from "vitest";
import { exploreWorld, type Bound, type Report } from "./bound.ts";
import { MUTANTS } from "./mutants.ts";
import { FAULTS } from "../faults.ts";
import { SHIPPED, type Rules } from "../passes.ts";
import { EXPLORED } from "./searches.ts";
import { WORLDS, type WorldName } from "./worlds.ts";

const QUIET = { crashes: 0, faults: 0, interferences: 0, sweeps: 0, switches: 2, ticks: 0, disturbances: 0 };
const ONE = { crashes: 1, faults: 1, interferences: 1, sweeps: 1, switches: 2, ticks: 1, disturbances: 1 };

/** Complete, or cut off by a number of states: never by a time, so that every run is the same. */
function search(world: WorldName, bound: Partial<Bound>, rules: Rules = SHIPPED): Report {
  const whole: Bound = {
    controllers: 1,
    apiKeys: 1,
    budget: ONE,
    interference: EXPLORED,
    faults: FAULTS,
    maxStates: 20_000,
    maxTime: Number.POSITIVE_INFINITY,
    ...bound,
  };
  return exploreWorld(world, whole, { rules, clock: () => 0, progress: () => undefined });
}

/** How many states each world has at least, a little below what was seen: while time passes, and with a sweep. */
const ALONE = {
  create: [4_500, 2_500],
  heal: [18_000, 3_900],
  rotate: [18_500, 4_300],
  roll: [13_500, 4_100],
  restart: [17_000, 3_500],
  retire: [14_000, 9_500],
  delete: [350, 900],
  adopt: [4_500, 2_000],
  "adopt without value": [4_000, 1_500],
} as const;

describe("every interleaving up to a bound", () => {
  it.each(WORLDS)("holds the invariant with one controller and any one disturbance: %s", (world) => {
    const bounds = [
      { ...ONE, sweeps: 0 },
      { ...ONE, ticks: 0 },
    ];
    for (const [index, budget] of bounds.entries()) {
      const report = search(world, { budget });
      expect(report.violation).toBeUndefined();
      expect(report.completeUpTo).toBe(1);
      expect(report.states).toBeGreaterThan(ALONE[world][index] ?? 0);
    }
  });

  it.each(["create", "rotate"] as const)(
    "holds the invariant with two controllers that stall: %s",
    (world) => {
      const budget = { ...QUIET, switches: 1, ticks: 1 };
      const report = search(world, { controllers: 2, budget, maxStates: 30_000 });
      expect(report.violation).toBeUndefined();
      expect(report.completeUpTo).toBe(0);
      expect(report.states).toBeGreaterThan(world === "create" ? 5_000 : 23_000);
    },
  );

  it("holds the invariant with two controllers and any one disturbance: delete", () => {
    const budget = { ...ONE, switches: 1, sweeps: 0, ticks: 0 };
    const report = search("delete", { controllers: 2, budget });
    expect(report.violation).toBeUndefined();
    expect(report.completeUpTo).toBe(1);
  });

  it("holds the invariant with two ApiKeys on one account", () => {
    const budget = { ...ONE, ticks: 0, sweeps: 0 };
    const report = search("rotate", { apiKeys: 2, budget, maxStates: 8_000 });
    expect(report.violation).toBeUndefined();
    expect(report.states).toBeGreaterThanOrEqual(8_000);
  });

  it.each(["adopt", "adopt without value"] as const)(
    "gives one key to one of two ApiKeys that want it: %s",
    (world) => {
      const budget = { ...QUIET, switches: 1, ticks: 1 };
      const report = search(world, { apiKeys: 2, budget });
      expect(report.violation).toBeUndefined();
      expect(report.completeUpTo).toBe(0);
    },
  );

  it("is the same each time", () => {
    expect(search("delete", {})).toEqual(search("delete", {}));
  });
});

describe("rules that are broken on purpose are noticed", () => {
  it("a key asked for without a write-ahead", () => {
    const { violation } = search("create", { budget: QUIET }, MUTANTS.noWriteAhead);
    expect(violation).toContain("a key is asked for under the unrecorded attempt");
  });

  it("an old key revoked before the new one is committed", () => {
    const { violation } = search("rotate", { budget: QUIET }, MUTANTS.revokeBeforeCommit);
    expect(violation).toContain("the committed key ak_3 is revoked");
  });

  it("a status written before the Secret", () => {
    const { violation } = search("create", { budget: QUIET }, MUTANTS.commitAfterStatus);
    expect(violation).toContain("which was never in a Secret");
  });

  it("a commit of unknown outcome taken for lost without a look", () => {
    const budget = { ...QUIET, faults: 1, disturbances: 1 };
    const { violation, completeUpTo } = search("create", { budget }, MUTANTS.noLook);
    expect(completeUpTo).toBe(0);
    expect(violation).toMatch(/two keys are asked for|the committed key/);
  });

  it("an inventory whose findings are not looked into", () => {
    const budget = { ...QUIET, interferences: 1, disturbances: 1 };
    const { violation } = search("create", { budget }, MUTANTS.noFindings);
    expect(violation).toContain("Secret holds another value");
  });

  it("findings that are taken for proofs", () => {
    const budget = { ...QUIET, interferences: 1, sweeps: 1, disturbances: 1 };
    const { violation } = search("rotate", { budget }, MUTANTS.hintsAsProof);
    expect(violation).toMatch(/key ak_\d+ is revoked/);
  });

  it("a key in use, revoked because a restored etcd shows its attempt as pending", () => {
    const budget = { ...QUIET, interferences: 1, disturbances: 1 };
    const { violation } = search("rotate", { budget }, MUTANTS.revivedAtOnce);
    expect(violation).toContain("is revoked while it may be in use");
  });

  it("an adoption that is undone by a revocation", () => {
    const budget = { ...QUIET, faults: 1, disturbances: 1 };
    const { violation } = search("adopt", { budget }, MUTANTS.revokesUndone);
    expect(violation).toContain("key ak_900, which we have not made, is revoked");
  });

  it("an adoption that does not wait whether its tag stays", () => {
    const budget = { ...QUIET, switches: 2 };
    const { violation } = search("adopt without value", { apiKeys: 2, budget }, MUTANTS.noSettling);
    expect(violation).toMatch(/harms the key ak_900|2 ApiKeys record/);
  });

  it.each([
    ["a key revoked before its workload has rolled out", "restart", MUTANTS.noRollouts],
    ["a key revoked without a look at the Pods that use it", "retire", MUTANTS.noPods],
  ] as const)("%s", (_name, world, mutant) => {
    const { violation } = search(world, { budget: QUIET }, mutant);
    expect(violation).toContain("the previous key ak_3 is revoked while Pods use it");
  });

  it("a recovery that does not fence the writer off: only a second controller and time show it", () => {
    const budget = { ...QUIET, ticks: 1 };
    const { violation } = search("rotate", { controllers: 2, budget }, MUTANTS.noTouch);
    expect(violation).toContain("is written over a living one");
    expect(violation).toContain("B/apikey-0");
  });
});
