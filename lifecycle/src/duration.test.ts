import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DURATION_PATTERN,
  durationProblem,
  formatDuration,
  LONGEST_DURATION_MS,
  parseDuration,
} from "./duration.ts";

describe("a duration", () => {
  it.each([
    ["90d", 7_776_000_000],
    ["24h", 86_400_000],
    ["1h30m", 5_400_000],
    ["1.5h", 5_400_000],
    ["1.25h", 4_500_000],
    ["500ms", 500],
    ["0s", 0],
    ["1m1m", 120_000],
    ["1d12h", 129_600_000],
    ["1.5ms", 2],
    ["0.4ms0.4ms", 1],
    ["9007199254740991ms", Number.MAX_SAFE_INTEGER],
  ])("reads %s", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(["", "1", "h", "-1h", "1 h", "1h ", "1w", "1H", ".5h", "1.h", "1e3s", "1h\n", "99999999999999d"])(
    "does not read %j",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it("is written the way it is read", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 13 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
        expect(formatDuration(ms)).toMatch(new RegExp(DURATION_PATTERN));
      }),
    );
  });

  it.each([
    [0, "0s"],
    [-5, "0s"],
    [0.4, "0s"],
    [999.6, "1s"],
    [120_000, "2m"],
    [90_061_001, "1d1h1m1s1ms"],
  ])("writes %d milliseconds as %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it.each([
    ["a month", /"a month" is not a duration; write it as 90d/],
    ["59m", /59m is too short; at least 1h/],
    ["3661d", /3661d is too long; at most ten years/],
    ["87841h", /too long/],
    ["87600000h", /too long/],
    ["9999999d", /too long/],
    ["316224000001ms", /too long/],
    [`${"0".repeat(31)}1h`, /the text is longer than 32 characters/],
  ])("of %s cannot be declared", (text, problem) => {
    expect(durationProblem(text, 3_600_000, "90d")).toMatch(problem);
  });

  it.each(["1h", `${"0".repeat(30)}1h`, "3660d", "87840h", "316224000000ms"])(
    "of %s can be declared",
    (text) => {
      expect(durationProblem(text, 3_600_000, "90d")).toBeUndefined();
    },
  );

  it("from now to the longest leads to a time that a timestamp of four digits can name", () => {
    expect(new Date(Date.UTC(2100, 0, 1) + LONGEST_DURATION_MS).toISOString()).toMatch(/^2110-/);
  });
});
