import process from "node:process";
import { describe, expect, test } from "vitest";
import { MUTANTS } from "../crash/mutations.ts";
import { describeReport } from "./report.ts";
import { runChaos } from "./run.ts";

/** Generous for the quiet: what is broken takes as long as it is broken, on any machine. */
const TIMEOUT_MS = 10 * 60_000;

test("nothing is lost, left or touched in two minutes of chaos", { timeout: TIMEOUT_MS }, async () => {
  const lines: string[] = [];
  const options = { seed: 20_261_124, keys: 40, seconds: 120, killsEvery: 4, report: undefined };
  const report = await runChaos(options, (line) => lines.push(line));

  expect(report.violations, [...lines, describeReport(report)].join("\n")).toEqual([]);
  // It was chaos indeed.
  const { statistics } = report;
  expect(statistics.kills).toBeGreaterThan(5);
  expect(statistics.unknown).toBeGreaterThan(5);
  expect(statistics.rotations).toBeGreaterThan(5);
  expect(statistics.untilReady.count).toBeGreaterThan(30);
  expect(Object.keys(statistics.vendorFaults).length).toBeGreaterThan(8);
  expect(Object.keys(report.kubeFaults).length).toBeGreaterThan(8);
});

/** `CHAOS=full` shows besides that chaos notices what is wrong in a broken controller. */
const FULL = process.env["CHAOS"] === "full";

describe.runIf(FULL)("chaos notices a controller that", () => {
  test.each([
    ["never looks for what an abandoned attempt has left", "leftover"],
    ["revokes the old key before the new one is committed", "committed-revoked"],
  ])("%s", { timeout: TIMEOUT_MS }, async (name, rule) => {
    const mutation = MUTANTS.find((mutant) => mutant.name === name);
    if (mutation === undefined) throw new Error(`there is no such mutant: ${name}`);
    const options = { seed: 77, keys: 20, seconds: 45, killsEvery: 6, report: undefined };
    const { violations } = await runChaos(options, () => undefined, mutation);
    expect(violations.map((violation) => violation.rule)).toContain(rule);
  });
});
