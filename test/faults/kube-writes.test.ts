import { afterAll, describe, expect, test } from "vitest";
import { FAST_TIMING, World } from "../e2e/world.ts";
import { FAILURES, runWrite, WRITES } from "./kube-faults.ts";
import { Limit } from "./limit.ts";
import { accessThrough, proxyOf } from "./world-proxy.ts";

const TIMEOUT_MS = 400_000;
/** Rows at a time: each is mostly waiting for an attempt to grow old. */
const AT_A_TIME = 16;

const world = await World.start();
const proxy = await proxyOf(world);
const controller = await world.startController({
  access: accessThrough(proxy, world),
  timing: FAST_TIMING,
  flags: ["--concurrency", "64"],
});
const limit = new Limit(AT_A_TIME);

const ROWS = Object.entries(WRITES).flatMap(([name, write]) =>
  Object.entries(FAILURES).map(([failure, fault]) => ({ name, write, failure, fault })),
);
/** All rows run from the start, whatever the order in which the tests ask for them. */
const RUNS = ROWS.map(({ write, fault }, index) =>
  limit.in(async () => runWrite(world, proxy, `write-${index}`, write, fault)),
);

afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await proxy.close();
});

describe.each(Object.keys(WRITES))("when %s fails once, the controller comes through", (name) => {
  for (const [index, row] of ROWS.entries()) {
    if (row.name !== name) continue;
    test(row.failure, { timeout: TIMEOUT_MS }, async () => {
      expect(await RUNS[index]).toEqual([]);
    });
  }
});

test("no value came into the log", { timeout: TIMEOUT_MS }, async () => {
  await Promise.allSettled(RUNS);
  expect(controller.lines.filter((line) => /key_(live|test)_\w/.test(line))).toEqual([]);
});
