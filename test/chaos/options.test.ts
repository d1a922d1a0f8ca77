import { expect, test } from "vitest";
import { FlagError, readFlags } from "./options.ts";

function draw(): number {
  return 4711;
}

test("without flags a seed is drawn, and everything has a default", () => {
  expect(readFlags([], draw)).toEqual({
    seed: 4711,
    keys: 100,
    seconds: 300,
    killsEvery: 1.4,
    report: "test/chaos/reports/4711.json",
  });
});

test("flags are read, fractions of minutes too", () => {
  const flags = [
    "--seed",
    "5",
    "--keys",
    "40",
    "--minutes",
    "0.5",
    "--kills-every",
    "3",
    "--report",
    "r.json",
  ];
  expect(readFlags(flags, draw)).toEqual({ seed: 5, keys: 40, seconds: 30, killsEvery: 3, report: "r.json" });
  expect(readFlags(["--help"], draw)).toBe("help");
});

test.each([["--keys", "0"], ["--keys", "1.5"], ["--minutes", "soon"], ["--seed", "-1"], ["--nothing"]])(
  "%s %s is refused in words",
  (...flags) => {
    expect(() => readFlags(flags, draw)).toThrow(FlagError);
  },
);
