import { describe, expect, test } from "vitest";
import { compareRuns, isRegression } from "./compare.ts";
import type { Figure } from "./figures.ts";
import type { Run } from "./stored-run.ts";

function run(figures: readonly Partial<Figure>[], scale = 1): Run {
  const whole = figures.map((figure) => ({ name: "f", value: 1, unit: "", ...figure }));
  return { scale, measured: [{ scenario: "s", figures: whole }] };
}

const lower = { compared: "lower is better" } as const;
const higher = { compared: "higher is better" } as const;

function verdict(before: Partial<Figure>, now: Partial<Figure>): string | undefined {
  return compareRuns(run([before]), run([now]))[0]?.verdict;
}

describe("a ratio", () => {
  test.each([
    ["lower", lower, 1, 1.15, "same"],
    ["lower", lower, 1, 1.16, "worse"],
    ["lower", lower, 1, 0.84, "better"],
    ["higher", higher, 1, 0.85, "same"],
    ["higher", higher, 1, 0.84, "worse"],
    ["higher", higher, 1, 1.16, "better"],
    ["lower", lower, 0, 0, "same"],
    ["lower", lower, 0, 1, "worse"],
    ["lower", lower, Number.NaN, 1, "same"],
    ["lower", lower, 1, Number.NaN, "gone"],
  ] as const)("of which %s is better", (_name, direction, before, now, expected) => {
    expect(verdict({ ...direction, value: before }, { ...direction, value: now })).toBe(expected);
  });

  test("that is worse in the middle, and not at its best, is noisy", () => {
    const before = { ...lower, value: 1 };
    expect(verdict(before, { ...lower, value: 1.5, samples: [1.1, 1.9] })).toBe("noisy");
    expect(verdict(before, { ...lower, value: 1.5, samples: [1.2, 1.8] })).toBe("worse");
    expect(verdict({ ...higher, value: 1 }, { ...higher, value: 0.7, samples: [0.5, 0.9] })).toBe("noisy");
  });
});

test("what depends on the machine is not compared", () => {
  expect(compareRuns(run([{ value: 1, unit: "ms" }]), run([{ value: 9, unit: "ms" }]))).toEqual([]);
});

test("a figure that is no longer measured is a regression, and a scenario that was not run is not", () => {
  const before = run([{ ...lower, name: "lost" }]);
  expect(compareRuns(before, run([lower])).map((one) => isRegression(one))).toEqual([true]);
  expect(compareRuns(before, { scale: 1, measured: [] })).toEqual([]);
});

test("only what is worse or gone is a regression", () => {
  const verdicts = ["worse", "gone", "noisy", "same", "better"] as const;
  const found = verdicts.filter((one) => isRegression({ scenario: "s", name: "f", verdict: one, text: "" }));
  expect(found).toEqual(["worse", "gone"]);
});

test("runs of different scales are refused, with what to give", () => {
  expect(() => compareRuns(run([lower], 0.2), run([lower]))).toThrow("--scale 0.2");
});
