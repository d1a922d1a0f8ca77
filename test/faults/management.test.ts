import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import * as z from "zod";
import { afterAll, describe, expect, test } from "vitest";
import { listening } from "../e2e/listening.ts";
import { FAST_TIMING, World } from "../e2e/world.ts";
import { EXCUSED, failures, OPERATIONS, pairs, runPair, type Pair } from "./management-faults.ts";
import { Limit } from "./limit.ts";

const TIMEOUT_MS = 400_000;
/** Pairs at a time: each is mostly waiting for a time-out or for an attempt to grow old. */
const AT_A_TIME = 16;

const strangers: string[] = [];
const elsewhere = createServer((request, response) => {
  strangers.push(`${request.method ?? ""} ${request.url ?? ""}`);
  response.end();
});
const elsewhereUrl = await listening(elsewhere);

const world = await World.start();
const controller = await world.startController({
  timing: FAST_TIMING,
  flags: ["--concurrency", "64"],
});

const FAILURES = failures(elsewhereUrl);
const PAIRS = pairs(Object.keys(FAILURES));
const limit = new Limit(AT_A_TIME);
/** All pairs run from the start, whatever the order in which the tests ask for them. */
const RUNS = new Map(PAIRS.map((pair, index) => [pair, limit.in(async () => run(pair, `pair-${index}`))]));

async function run(pair: Pair, name: string): Promise<readonly string[]> {
  const failure = FAILURES[pair.failure];
  if (failure === undefined) throw new TypeError("pairs are made of failures");
  return runPair(world, name, pair, failure);
}

afterAll(async () => {
  await world[Symbol.asyncDispose]();
  elsewhere.close();
});

const operationSchema = z.looseObject({ operationId: z.string() }).optional().catch(undefined);
const contractSchema = z.object({ paths: z.record(z.string(), z.record(z.string(), operationSchema)) });

describe("the table", () => {
  test("has every operation of the contract", async () => {
    const file = new URL("../../management-api/openapi.yaml", import.meta.url);
    const { paths } = contractSchema.parse(parse(await readFile(file, "utf8")));
    const operations = Object.values(paths).flatMap((path) =>
      Object.values(path).flatMap((entry) => entry?.operationId ?? []),
    );
    expect(new Set<string>(OPERATIONS)).toEqual(new Set(operations));
  });

  test("runs or excuses every fault of every operation, and excuses nothing that is not there", () => {
    const excuses = Object.entries(EXCUSED).flatMap(([operation, of]) =>
      Object.entries(of).map(([failure, why]) => ({ operation, failure, why })),
    );
    for (const { operation, failure, why } of excuses) {
      expect(OPERATIONS).toContain(operation);
      expect(Object.keys(FAILURES)).toContain(failure);
      expect(why).not.toBe("");
    }
    const all = OPERATIONS.length * Object.keys(FAILURES).length;
    expect(RUNS.size + excuses.length).toBe(all);
  });
});

describe.each(OPERATIONS)("%s: the controller comes through", (operation) => {
  for (const pair of PAIRS.filter((one) => one.operation === operation)) {
    test(pair.failure, { timeout: TIMEOUT_MS }, async () => {
      expect(await RUNS.get(pair)).toEqual([]);
    });
  }
});

test("no value came into the log, and no redirect was followed", { timeout: TIMEOUT_MS }, async () => {
  await Promise.allSettled(RUNS.values());
  expect(controller.lines.filter((line) => /key_(live|test)_\w/.test(line))).toEqual([]);
  expect(strangers).toEqual([]);
});
