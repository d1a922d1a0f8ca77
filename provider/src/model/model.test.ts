import { describe, expect, it } from "vitest";
import { MUTANTS } from "./mutants.ts";
import { SHIPPED, type Rules } from "./process.ts";
import { searchWorld, type Report, type Search } from "./searches.ts";
import type { Budget, World } from "./state.ts";
import { WORLDS } from "./worlds.ts";

const ONE: Budget = {
  providers: 1,
  engines: 1,
  faults: 1,
  disturbances: 1,
  commands: 1,
  ticks: 1,
  switches: 1,
};

/** Complete, or cut off by a number of states: never by a time, so that every run is the same. */
function search(world: World, bound: Partial<Search>, rules: Rules = SHIPPED): Promise<Report> {
  return searchWorld(world, { title: "", worlds: [world], budget: ONE, maxStates: 20_000, ...bound }, rules);
}

/** How many states each world has at least within {@link ONE}, a little below what was seen. */
const LEAST: Readonly<Record<string, number>> = {
  create: 280,
  rotate: 500,
  retire: 550,
  replace: 500,
  destroy: 630,
  retain: 570,
  roll: 310,
  "replace the test key": 420,
  twins: 1_200,
};

const ALONE = WORLDS.filter(({ stacks }) => stacks === 1);

describe("every interleaving up to a bound", () => {
  it.each(WORLDS)("holds the invariant with one command and any one kill or fault: $name", async (world) => {
    const report = await search(world, {});
    expect(report.violation).toBeUndefined();
    expect(report.completeUpTo).toBe(1);
    expect(report.states).toBeGreaterThan(LEAST[world.name] ?? Number.POSITIVE_INFINITY);
  });

  it.each(ALONE)("holds the invariant with two commands, cut off: $name", async (world) => {
    const report = await search(world, { budget: { ...ONE, commands: 2 }, maxStates: 2_000 });
    expect(report.violation).toBeUndefined();
    expect(report.completeUpTo).toBe(0);
  });
});

/** The first violation over all worlds. */
async function firstViolation(rules: Rules): Promise<string | undefined> {
  for (const world of WORLDS) {
    const budget = { ...ONE, commands: 2 };
    const { violation } = await search(world, { budget, maxStates: 3_000 }, rules);
    if (violation !== undefined) return violation;
  }
  return undefined;
}

describe("the search notices when the provider", () => {
  it.each([
    ["does not look for the tag before a create", MUTANTS.tagNotLookedFor, "the checkpoint does not name it"],
    ["ignores the pending record", MUTANTS.pendingRecordIgnored, "was never confirmed"],
    [
      "revokes the old key before the new value is in the checkpoint",
      MUTANTS.revokedBeforeSaved,
      "is in use, a checkpoint names it",
    ],
    ["takes an unknown outcome for a refusal", MUTANTS.unknownIsRefusal, "says that no key was minted"],
    ["does not compare the stack in the tag", MUTANTS.stackNotCompared, "belongs to another stack"],
    ["does not record an unconfirmed key", MUTANTS.unconfirmedNotRecorded, "is lost"],
    ["mints confirmed keys", MUTANTS.mintedConfirmed, "is neither revoked nor recorded"],
    ["does not wait for other processes", MUTANTS.noWaiting, "another process hands over"],
    ["does not ask for its engine", MUTANTS.engineNotAsked, "for an engine that was not asked for"],
    ["does not look at the account in an up", MUTANTS.noLookAtUp, "does not work"],
  ] as const)("%s", async (_rule, rules, violation) => {
    expect(await firstViolation(rules)).toContain(violation);
  });
});
