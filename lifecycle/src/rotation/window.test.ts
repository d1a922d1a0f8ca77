import { describe, expect, it } from "vitest";
import { LONGEST_DURATION_MS } from "../duration.ts";
import { nextOpening, openedAt, windowProblem, type RotationWindow } from "./window.ts";

const HOUR = 3_600_000;
const NIGHTS: RotationWindow = { schedule: "0 3 * * 1-5", timeZone: "Europe/Vienna", duration: 2 * HOUR };

const at = (text: string): number => Date.parse(text);

describe("a window", () => {
  it.each([
    ["opens at its time in its zone", "2026-11-23T12:00:00Z", "2026-11-24T02:00:00.000Z"],
    ["opens after the time that is asked for, not at it", "2026-11-24T02:00:00Z", "2026-11-25T02:00:00.000Z"],
    ["keeps to its zone's summer time", "2026-06-01T12:00:00Z", "2026-06-02T01:00:00.000Z"],
    ["leaves days out that are not named", "2026-11-27T12:00:00Z", "2026-11-30T02:00:00.000Z"],
  ])("%s", (_name, after, opening) => {
    expect(new Date(nextOpening(NIGHTS, at(after)) ?? 0).toISOString()).toBe(opening);
  });

  it("opens once where the clock goes over its time, and where it comes round twice", () => {
    const window = { ...NIGHTS, schedule: "30 2 * * *" };
    const openings = (from: string): string[] => {
      const first = nextOpening(window, at(from)) ?? 0;
      return [first, nextOpening(window, first) ?? 0].map((time) => new Date(time).toISOString());
    };
    expect(openings("2026-03-28T12:00:00Z")).toEqual([
      "2026-03-29T01:00:00.000Z",
      "2026-03-30T00:30:00.000Z",
    ]);
    expect(openings("2026-10-24T12:00:00Z")).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-26T01:30:00.000Z",
    ]);
  });

  it.each([
    ["2026-11-24T01:59:59.999Z", false],
    ["2026-11-24T02:00:00.000Z", true],
    ["2026-11-24T03:59:59.999Z", true],
    ["2026-11-24T04:00:00.000Z", false],
  ])("at %s is open: %s", (time, open) => {
    expect(openedAt(NIGHTS, at(time)) !== undefined).toBe(open);
  });

  it("can be used as declared", () => {
    expect(windowProblem(NIGHTS)).toBeUndefined();
  });

  it("may be as short as a minute, with its fields set apart by any blanks", () => {
    expect(windowProblem({ ...NIGHTS, duration: 60_000 })).toBeUndefined();
    expect(windowProblem({ ...NIGHTS, schedule: " 0  3 * *\t1-5 " })).toBeUndefined();
  });

  it.each([
    [{ schedule: "61 3 * * *" }, /^schedule: "61 3 \* \* \*" is no cron expression/],
    [{ schedule: "3 o'clock" }, /five fields/],
    [{ schedule: "@daily" }, /five fields/],
    [{ schedule: "0 0 3 * * *" }, /five fields/],
    [{ schedule: "0 0 30 2 *" }, /no time that ever comes/],
    [{ timeZone: "Mars/Phobos" }, /^timeZone: "Mars\/Phobos"/],
    [{ timeZone: "" }, /^timeZone/],
    [{ duration: LONGEST_DURATION_MS + 1 }, /^duration: .* too long; at most ten years/],
    [{ duration: 59_999 }, /^duration: .* shorter than 1m/],
  ])("with %j is refused", (changes, problem) => {
    expect(windowProblem({ ...NIGHTS, ...changes })).toMatch(problem);
  });
});
