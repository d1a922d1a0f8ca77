import { expect, test } from "vitest";
import { lastTwoThirds, riseOf } from "./slope.ts";

test("the rise is that of the line through all samples, and not from the first to the last one", () => {
  const line = Array.from({ length: 101 }, (_, at) => ({ at, value: 50 + at / 10 }));
  expect(riseOf(line)).toBeCloseTo(10);
  const outlier = [...line.slice(0, 100), { at: 100, value: 1_000 }];
  expect(riseOf(outlier)).toBeLessThan(100);
});

test("what falls has a negative rise, and a single sample none", () => {
  expect(
    riseOf([
      { at: 0, value: 2 },
      { at: 1, value: 1 },
    ]),
  ).toBeCloseTo(-1);
  expect(riseOf([{ at: 0, value: 2 }])).toBe(0);
  expect(riseOf([])).toBe(0);
});

test("the first third, in which a process grows to its size, is left out", () => {
  const samples = [0, 1, 2, 3, 4, 5].map((at) => ({ at, value: at }));
  expect(lastTwoThirds(samples).map(({ at }) => at)).toEqual([2, 3, 4, 5]);
});
