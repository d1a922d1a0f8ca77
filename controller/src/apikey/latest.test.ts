import { expect, test } from "vitest";
import { LatestSeen } from "./latest.ts";

test("a cache that lags behind what was seen is waited for, and no longer once it has caught up", () => {
  const latest = new LatestSeen();
  latest.note("uid", "100", 0);
  expect(latest.isAhead("uid", "99", 1)).toBe(true);
  expect(latest.isAhead("other", "99", 1)).toBe(false);
  expect(latest.isAhead("uid", "100", 2)).toBe(false);
  expect(latest.isAhead("uid", "99", 3)).toBe(false);
});

test("a cache that never catches up is waited for no longer than five seconds", () => {
  const latest = new LatestSeen();
  latest.note("uid", "100", 0);
  expect(latest.isAhead("uid", "9", 4_999)).toBe(true);
  expect(latest.isAhead("uid", "9", 5_000)).toBe(false);
});

test("what nobody asks for again is forgotten when something else is seen, and not before its time", () => {
  const latest = new LatestSeen();
  latest.note("first", "100", 0);
  latest.note("second", "100", 4_999);
  expect(latest.isAhead("first", "9", 4_999)).toBe(true);
  expect(latest.size).toBe(2);
  latest.note("third", "100", 5_000);
  expect(latest.size).toBe(2);
  expect(latest.isAhead("second", "9", 5_001)).toBe(true);
});
