import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DURATION_PATTERN, formatDuration, parseDuration } from "./duration.ts";

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
});
