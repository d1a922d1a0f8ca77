import { expect, it } from "vitest";
import { buildPresent } from "../testing/view-builder.ts";
import { boundedTime, overlapOf } from "./times.ts";

it.each([
  ["as it is within its bounds", 5, 5],
  ["the first possible one before them", 0, 1],
  ["the last possible one behind them", 10, 9],
  ["the last possible one where there is none", undefined, 9],
  ["the last possible one where it is no number", Number.NaN, 9],
])("A time that others can edit is taken %s", (_what, time, bounded) => {
  expect(boundedTime(time, 1, 9)).toBe(bounded);
});

it("a spec that cannot be followed leaves a replaced key the default overlap", () => {
  const problem = { reason: "InvalidSpec", message: "spec.rotation.every: 0s", transient: false } as const;
  expect(overlapOf(buildPresent({ desired: problem }))).toBe(3_600_000);
  expect(overlapOf(buildPresent({ desired: { overlap: 0 } }))).toBe(0);
});
