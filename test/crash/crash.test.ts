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
 * `CRASH_MATRIX=full` kills before and after every step of every operation; without it, once for each state that a
 * crash can leave in the plain operations, and once for each step that only a recovery meets.
 */
const FULL = process.env["CRASH_MATRIX"] === "full";
const ROW_TIMEOUT_MS = 240_000;
/** `CRASH_OPERATIONS` is a part of the names of the only operations to be run. */
const ONLY = process.env["CRASH_OPERATIONS"];

// The rows of the matrix are the steps that the operations really take: they are recorded before tests are declared.
const [world, worldForOne] = [await CrashWorld.open(), await CrashWorld.openForOne()];
const worldOf = ({ revokesOrphans }: Operation): CrashWorld =>
  revokesOrphans === true ? worldForOne : world;
const RUNS = await Promise.all(
  OPERATIONS.filter(({ name }) => name.includes(ONLY ?? "")).map(async (operation) => {
    const [recorded] = await Promise.allSettled([record(worldOf(operation), operation)]);
    return { operation, recorded, passes: recorded.status === "fulfilled" ? recorded.value : [] };
  }),
);
const QUICK = quickPoints(RUNS);
const ROWS = RUNS.flatMap((run) => {
  const points = FULL ? fullPoints(run) : (QUICK.get(run) ?? []);
  return points.map((point) => ({
    operation: run.operation,
    point,
    name: `${run.operation.name}, killed ${pointName(point)}`,
  }));
});

afterAll(async () => {
  for (const open of [world, worldForOne]) await open[Symbol.asyncDispose]();
});

test.runIf(ONLY === undefined)("every kind of step, and every reason for one, has a row", () => {
  const met = new Set(RUNS.flatMap((run) => fullPoints(run).map(({ step }) => step)));
  expect(STEPS_TO_MEET.filter((step) => !met.has(step))).toEqual([]);
});

test("a row whose controller never comes to its point fails", { timeout: ROW_TIMEOUT_MS }, async () => {
  const row = crash(world, CREATE_LIVE, at("before", "take-back-secret"), { patience: 10_000 });
  await expect(row).rejects.toThrow(/never came to the point before take-back-secret/);
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
