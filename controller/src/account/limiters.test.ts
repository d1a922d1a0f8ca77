import { Registry } from "@prometheus-io/client";
import { expect, test } from "vitest";
import { controllerMetrics } from "../metrics.ts";
import type { AccountRef } from "./account-ref.ts";
import { AccountLimiters } from "./limiters.ts";

const account = (namespace: string, name: string): AccountRef => ({ kind: "Account", namespace, name });
const X = account("a", "x");
const Y = account("b", "y");
const Z = account("c", "z");

function setup(): { readonly limiters: AccountLimiters; readonly registry: Registry } {
  const registry = new Registry();
  return { limiters: new AccountLimiters(controllerMetrics(registry)), registry };
}

// So slow that no test waits for a second request beyond the burst.
const STRICT = { requestsPerSecond: 0.1, burst: 1 };
const WIDE = { requestsPerSecond: 0.2, burst: 50 };

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
  const { limiters } = setup();
  const one = limiters.of("acc_1", X, WIDE);
  expect(limiters.of("acc_1", Y, STRICT)).toBe(one);
  expect(await burstOf(one)).toBe(1);
});

test("the limit widens when the strict one goes, and another account has a limiter of its own", async () => {
  const { limiters } = setup();
  const one = limiters.of("acc_1", X, STRICT);
  expect(limiters.of("acc_2", X, WIDE)).not.toBe(one);
  limiters.of("acc_1", Y, WIDE);
  limiters.release(X);
  expect(limiters.of("acc_1", Y, WIDE)).toBe(one);
  expect(await burstOf(limiters.of("acc_3", Z, WIDE))).toBe(50);
});

test("each object reports the limit, the requests and the waits of the vendor account, until it is gone", async () => {
  const { limiters, registry } = setup();
  const limiter = limiters.of("acc_1", X, { requestsPerSecond: 100, burst: 50 });
  limiters.of("acc_1", Y, { requestsPerSecond: 50, burst: 1 });
  await limiter.acquire();
  await limiter.acquire();
  const shown = await registry.metrics();
  for (const labels of ['namespace="a",name="x"', 'namespace="b",name="y"']) {
    expect(shown).toContain(
      `signatureapi_account_rate_limit_requests_per_second{kind="Account",${labels}} 50`,
    );
    expect(shown).toContain(`signatureapi_account_rate_limit_wait_seconds_count{kind="Account",${labels}} 2`);
    expect(shown).toContain(
      `signatureapi_account_rate_limit_wait_seconds_bucket{le="0.01",kind="Account",${labels}} 1`,
    );
  }
  limiters.release(Y);
  const later = await registry.metrics();
  expect(later).toContain(
    'signatureapi_account_rate_limit_requests_per_second{kind="Account",namespace="a",name="x"} 100',
  );
  expect(later).not.toContain('name="y"');
});
