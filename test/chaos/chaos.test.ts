import { expect, test } from "vitest";
import { describeReport } from "./report.ts";
import { runChaos } from "./run.ts";

/** Generous for the quiet: what is broken takes as long as it is broken, on any machine. */
const TIMEOUT_MS = 10 * 60_000;

test("nothing is lost, left or touched in two minutes of chaos", { timeout: TIMEOUT_MS }, async () => {
  const lines: string[] = [];
  const options = { seed: 20_261_124, keys: 40, seconds: 120, killsEvery: 4, report: undefined };
  const report = await runChaos(options, (line) => lines.push(line));

  expect(report.violations, [...lines, describeReport(report)].join("\n")).toEqual([]);
  // That it was chaos is among the violations; that it healed is not.
  expect(report.statistics.rotations).toBeGreaterThan(5);
  expect(report.statistics.untilReady.count).toBeGreaterThan(30);
});
