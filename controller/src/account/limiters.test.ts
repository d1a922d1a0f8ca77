import { expect, test } from "vitest";
import { AccountLimiters } from "./limiters.ts";

const STRICT = { requestsPerSecond: 1, burst: 1 };
const WIDE = { requestsPerSecond: 100, burst: 50 };

/** How many requests go at once. */
async function burstOf(limiter: {
  acquire: (options: { signal: AbortSignal }) => Promise<void>;
}): Promise<number> {
  const stop = new AbortController();
  let granted = 0;
  const asked = Array.from({ length: 60 }, async () => {
    await limiter.acquire({ signal: stop.signal });
    granted += 1;
  });
  await Promise.resolve();
  await Promise.resolve();
  stop.abort();
  await Promise.allSettled(asked);
  return granted;
}

test("objects that name one account of the vendor share a limiter, and the strictest wins", async () => {
  const limiters = new AccountLimiters();
  const one = limiters.of("acc_1", "Account a/x", WIDE);
  expect(limiters.of("acc_1", "Account b/y", STRICT)).toBe(one);
  expect(await burstOf(one)).toBe(1);
});

test("the limit widens when the strict one goes, and another account has a limiter of its own", async () => {
  const limiters = new AccountLimiters();
  const one = limiters.of("acc_1", "Account a/x", STRICT);
  expect(limiters.of("acc_2", "Account a/x", WIDE)).not.toBe(one);
  limiters.of("acc_1", "Account b/y", WIDE);
  limiters.release("Account a/x");
  expect(limiters.of("acc_1", "Account b/y", WIDE)).toBe(one);
  expect(await burstOf(limiters.of("acc_3", "Account c/z", WIDE))).toBe(50);
});
