import { expect, test } from "vitest";
import { quantile, reached, shownNumber, type Figure } from "./figures.ts";
import { line, markdownTable } from "./table.ts";

const figure: Figure = {
  name: "start to ready",
  value: 0.4567,
  unit: "s",
  samples: [0.4, 0.4567, 0.5],
  target: { is: "at most", value: 0.5 },
};

test("a target is reached at its value, and missed beyond it", () => {
  expect(reached({ ...figure, value: 0.5 })).toBe(true);
  expect(reached({ ...figure, value: 0.51 })).toBe(false);
  expect(reached({ ...figure, value: 2, target: { is: "at least", value: 2 } })).toBe(true);
  expect(reached({ ...figure, value: 1.9, target: { is: "at least", value: 2 } })).toBe(false);
  expect(reached({ name: "x", value: 1, unit: "" })).toBeUndefined();
  // What could not be measured has reached nothing.
  expect(reached({ ...figure, value: Number.NaN })).toBe(false);
});

test("a quantile is one of the values, the largest for 1", () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([3, 1, 2], 1)).toBe(3);
  expect(quantile([], 0.5)).toBeNaN();
});

test.each([
  [0.123456, "0.123"],
  [1.5, "1.5"],
  [5, "5"],
  [123.4, "123"],
  [1_234_567.8, "1,234,568"],
  [Number.NaN, "not measured"],
])("%d is shown as %s", (value, expected) => {
  expect(shownNumber(value)).toBe(expected);
});

test("a line says the target, whether it was reached, and a scale below 1", () => {
  expect(line("start", figure, 1)).toBe(
    "start: start to ready: 0.457 s (0.4, 0.457, 0.5); target ≤ 0.5 s: reached",
  );
  expect(line("start", { ...figure, value: 1 }, 0.2)).toMatch(/^start \[scale 0.2\]: .*: missed$/);
});

test("a table names each scenario once, and escapes what would end a cell", () => {
  const figures = [figure, { name: "calls", value: 3, unit: "", note: "a|b" }];
  expect(markdownTable([{ scenario: "start", figures }])).toBe(
    [
      "| Scenario | Figure | Measured | Target | |",
      "| --- | --- | --- | --- | --- |",
      "| `start` | start to ready | 0.457 s (0.4, 0.457, 0.5) | ≤ 0.5 s | reached |",
      "| | calls | 3 (a\\|b) | | |",
    ].join("\n"),
  );
});
