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
