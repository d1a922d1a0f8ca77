import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { age, shortSpan } from "./age.ts";
import { createStyle } from "./style.ts";
import { table } from "./table.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

test.each([
  [-5, "0s"],
  [119 * SECOND, "119s"],
  [120 * SECOND, "2m"],
  [3 * HOUR - 1, "179m"],
  [3 * HOUR, "3h"],
  [47 * HOUR, "47h"],
  [48 * HOUR, "2d"],
  [400 * 24 * HOUR, "400d"],
])("%i ms is shown as %s", (ms, text) => {
  expect(shortSpan(ms)).toBe(text);
});

test("the age of what has no time is unknown", () => {
  const now = new Date("2026-11-27T12:00:00Z");
  expect(age("2026-11-27T11:55:00Z", now)).toBe("5m");
  expect([age(undefined, now), age("yesterday", now)]).toEqual(["?", "?"]);
});

test("columns are as wide as they look, and colors take no width", () => {
  const { bad } = createStyle(true);
  const plain = table(
    ["NAME", "READY"],
    [
      ["checkout", "True"],
      ["a", "False"],
    ],
  );
  expect(plain).toBe("NAME       READY\ncheckout   True\na          False\n");
  const colored = table(
    ["NAME", "READY"],
    [
      [bad("checkout"), "True"],
      ["a", bad("False")],
    ],
  );
  expect(colored).not.toBe(plain);
  expect(stripVTControlCharacters(colored)).toBe(plain);
});

test("without colors, a style changes nothing", () => {
  const { good, bad } = createStyle(false);
  expect(good("a") + bad("b")).toBe("ab");
});
