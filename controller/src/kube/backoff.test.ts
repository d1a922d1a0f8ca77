import { expect, test } from "vitest";
import { Backoff, backoffDelay } from "./backoff.ts";

test("delays double up to the maximum, however many failures there were", () => {
  const options = { baseMs: 100, maxMs: 1_000, random: () => 0 };
  expect([0, 1, 2, 3, 4, 5_000].map((n) => backoffDelay(options, n))).toEqual([
    100, 200, 400, 800, 1_000, 1_000,
  ]);
});

test("jitter only shortens a delay, by at most its share", () => {
  expect(backoffDelay({ baseMs: 100, maxMs: 1_000, jitter: 0.5, random: () => 0.999_999 }, 0)).toBeCloseTo(
    50,
    2,
  );
});

test("a backoff starts over after a success", () => {
  const backoff = new Backoff({ baseMs: 100, maxMs: 1_000, random: () => 0 });
  expect([backoff.next(), backoff.next()]).toEqual([100, 200]);
  backoff.reset();
  expect(backoff.next()).toBe(100);
});
