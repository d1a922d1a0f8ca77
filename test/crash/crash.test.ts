import process from "node:process";
import { afterAll, describe, expect, test } from "vitest";
import { CREATE_LIVE, OPERATIONS } from "./operations.ts";
import { at, type Operation } from "./operation.ts";
import { fullPoints, pointName, quickPoints } from "./points.ts";
import { crash, record } from "./run-row.ts";
import { CrashWorld } from "./crash-world.ts";
import { STEPS_TO_MEET } from "./steps-to-meet.ts";
import { runStopped, SCENARIOS } from "./stopped.ts";

/**
 * `CRASH_MATRIX=full` kills at every point of every operation; without it, once for each state that a crash can leave in
 * the plain operations, and once for each step that is in none of these.
 */
const FULL = process.env["CRASH_MATRIX"] === "full";
const ROW_TIMEOUT_MS = 240_000;
/** `CRASH_OPERATIONS` is a part of the names of the only operations to be run. */
const ONLY = process.env["CRASH_OPERATIONS"];

function spread<T>(many: readonly T[], few: readonly T[]): readonly T[] {
  const between = Math.ceil(many.length / (few.length + 1)) || 1;
  const rest = few.slice(Math.ceil(many.length / between));
  return [
    ...many.flatMap((one, place) =>
      place % between === 0 ? [...few.slice(place / between, place / between + 1), one] : [one],
    ),
    ...rest,
  ];
}

function isWanted({ name, fullOnly = false }: Operation): boolean {
  return ONLY === undefined ? FULL || !fullOnly : name.includes(ONLY);
}

// The rows of the matrix are the steps that the operations really take: they are recorded before tests are declared.
const [world, worldForOne] = await Promise.all([CrashWorld.open(), CrashWorld.openForOne()]);
const worldOf = ({ revokesOrphans }: Operation): CrashWorld =>
  revokesOrphans === true ? worldForOne : world;
const RUNS = await Promise.all(
  OPERATIONS.filter(isWanted).map(async (operation) => {
    const [recorded] = await Promise.allSettled([record(worldOf(operation), operation)]);
    return { operation, recorded, passes: recorded.status === "fulfilled" ? recorded.value : [] };
  }),
);
const QUICK = quickPoints(RUNS);
const ALL_ROWS = RUNS.flatMap((run) => {
  const points = FULL ? fullPoints(run) : (QUICK.get(run) ?? []);
  return points.map((point) => ({
    operation: run.operation,
    point,
    name: `${run.operation.name}, killed ${pointName(point)}`,
  }));
});

// Rows that run one at a time are spread among the others, so that these need not wait for them.
const ROWS = spread(
  ALL_ROWS.filter(({ operation }) => worldOf(operation) === world),
  ALL_ROWS.filter(({ operation }) => worldOf(operation) === worldForOne),
);

afterAll(async () => {
  for (const open of [world, worldForOne]) await open[Symbol.asyncDispose]();
});

test.runIf(ONLY === undefined)("every kind of step, and every reason for one, has a row", () => {
  const met = new Set(RUNS.flatMap((run) => fullPoints(run).map(({ step }) => step)));
  expect(STEPS_TO_MEET.filter((step) => !met.has(step))).toEqual([]);
});

describe.concurrent("a row fails whose controller never comes to its point:", () => {
  test.each(["take-back-secret", "read-pods", "write-status:Report"])(
    "%s",
    { timeout: ROW_TIMEOUT_MS },
    async (step) => {
      const row = crash(world, CREATE_LIVE, at("before", step, 9), { patience: 10_000 });
      await expect(row).rejects.toThrow(`never came to the point before ${step} #9`);
    },
  );
});

// Names are given whole: where a test's table fills them in, they are cut, and rows look the same.
for (const { operation, recorded } of RUNS) {
  test(`${operation.name}, without a crash`, () => {
    if (recorded.status === "rejected") throw recorded.reason;
    expect(recorded.value).not.toEqual([]);
  });
}

describe.concurrent("the invariant holds after a crash:", () => {
  for (const { name, operation, point } of ROWS) {
    test(name, { timeout: ROW_TIMEOUT_MS }, async () => crash(worldOf(operation), operation, point));
  }
});

describe.concurrent("no two values are committed where a controller is stopped", () => {
  for (const scenario of SCENARIOS) {
    test(scenario.name, { timeout: ROW_TIMEOUT_MS }, async () => runStopped(world, scenario));
  }
});
