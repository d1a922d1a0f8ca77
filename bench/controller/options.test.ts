import { expect, test } from "vitest";
import { readOptions } from "./options.ts";

const KNOWN = ["start", "converge", "restart"];

test("without flags all scenarios are run at their whole size, and the page is written", () => {
  expect(readOptions([], KNOWN)).toEqual({
    only: KNOWN,
    scale: 1,
    json: undefined,
    compare: undefined,
    soak: undefined,
    write: true,
  });
});

test("scenarios are run in the order of a whole run, and part of them does not replace the page", () => {
  const options = readOptions(["--only", "restart, start"], KNOWN);
  expect(options).toMatchObject({ only: ["start", "restart"], write: false });
  expect(readOptions(["--scale", "0.2"], KNOWN)).toMatchObject({ scale: 0.2, write: false });
  expect(readOptions(["--scale", "0.2", "--write"], KNOWN)).toMatchObject({ write: true });
});

test("a soak is run alone, or after the scenarios that are named", () => {
  expect(readOptions(["--soak", "30m"], KNOWN)).toMatchObject({ only: ["soak"], soak: 1_800, write: false });
  expect(readOptions(["--soak", "90s", "--only", "start"], KNOWN)).toMatchObject({
    only: ["start", "soak"],
    soak: 90,
  });
});

test.each([
  [["--scale", "0"], "--scale takes"],
  [["--scale", "2"], "--scale takes"],
  [["--scale", "much"], "--scale takes"],
  [["--only", "start,stop"], '"stop"'],
  [["--soak", "30"], "such as 90s"],
  [["--soak", "0m"], "such as 90s"],
  [["--faster"], "--faster"],
])("%j is refused and named", (args, reason) => {
  expect(() => readOptions(args, KNOWN)).toThrow(reason);
});
