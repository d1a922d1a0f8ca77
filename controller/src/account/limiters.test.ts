import { Registry } from "@prometheus-io/client";
import { expect, test } from "vitest";
import { controllerMetrics } from "../metrics.ts";
import { AccountLimiters } from "./limiters.ts";

// So slow that nothing is added to a burst, however long a test takes.
const STRICT = { requestsPerSecond: 0.001, burst: 1 };
const WIDE = { requestsPerSecond: 0.01, burst: 50 };
/** A fifth is kept back. */
const WIDE_AT_ONCE = 40;

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
  await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await Promise.allSettled(asked);
  return granted;
}

const ACME = { kind: "ClusterAccount", name: "acme" } as const;
const OTHER = { kind: "ClusterAccount", name: "other" } as const;
const SHOP = { kind: "Account", namespace: "shop", name: "a" } as const;
const SHOP_TOO = { kind: "Account", namespace: "shop", name: "b" } as const;
const BILLING = { kind: "Account", namespace: "billing", name: "a" } as const;

test.each([
  ["ClusterAccounts", ACME, OTHER],
  ["the Accounts of a namespace", SHOP, SHOP_TOO],
])("%s that name one vendor account share a limiter, and the strictest wins", async (_name, one, two) => {
  const limiters = new AccountLimiters(controllerMetrics(new Registry()));
  const limiter = limiters.of("acc_1", one, WIDE);
  expect(limiters.of("acc_1", two, STRICT)).toBe(limiter);
  expect(await burstOf(limiter)).toBe(1);
});

test("the limit widens when the strict one goes, and another vendor account has a limiter of its own", async () => {
  const limiters = new AccountLimiters(controllerMetrics(new Registry()));
  const one = limiters.of("acc_1", ACME, STRICT);
  expect(limiters.of("acc_2", ACME, WIDE)).not.toBe(one);
  limiters.of("acc_1", OTHER, WIDE);
  limiters.release(ACME);
  expect(limiters.of("acc_1", OTHER, WIDE)).toBe(one);
  expect(await burstOf(limiters.of("acc_3", OTHER, WIDE))).toBe(WIDE_AT_ONCE);
});

test.each([
  ["a ClusterAccount of its vendor account", ACME],
  ["an Account of another namespace", BILLING],
])("an Account slows down nobody else: not %s", async (_name, other) => {
  const limiters = new AccountLimiters(controllerMetrics(new Registry()));
  const strict = limiters.of("acc_1", SHOP, STRICT);
  const wide = limiters.of("acc_1", other, WIDE);
  strict.reportTooManyRequests();
  expect([await burstOf(strict), await burstOf(wide)]).toEqual([0, WIDE_AT_ONCE]);
});

test("a ClusterAccount bounds the Accounts beside it, as long as it is there", async () => {
  const limiters = new AccountLimiters(controllerMetrics(new Registry()));
  const account = limiters.of("acc_1", SHOP, WIDE);
  limiters.of("acc_1", ACME, STRICT);
  expect(await burstOf(account)).toBe(1);
  limiters.release(ACME);
  expect(await burstOf(limiters.of("acc_1", BILLING, WIDE))).toBe(WIDE_AT_ONCE);
});

test("however many requests an Account has, those of a ClusterAccount wait behind one of them", async () => {
  const limiters = new AccountLimiters(controllerMetrics(new Registry()));
  const account = limiters.of("acc_1", SHOP, WIDE);
  const cluster = limiters.of("acc_1", ACME, { requestsPerSecond: 20, burst: 1 });
  await cluster.acquire();
  const order: string[] = [];
  const ask = async (limiter: typeof account, name: string): Promise<void> => {
    await limiter.acquire();
    order.push(name);
  };
  const flood = Array.from({ length: 5 }, async () => ask(account, "account"));
  await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([...flood, ask(cluster, "cluster")]);
  expect(order.indexOf("cluster")).toBe(1);
});

test("a request that gives up in the line keeps nobody behind it waiting", async () => {
  const limiters = new AccountLimiters(controllerMetrics(new Registry()));
  const account = limiters.of("acc_1", SHOP, WIDE);
  const cluster = limiters.of("acc_1", ACME, { requestsPerSecond: 20, burst: 1 });
  await cluster.acquire();
  const stop = new AbortController();
  const [first, second, third] = [undefined, stop.signal, undefined].map(async (signal) =>
    account.acquire({ signal }),
  );
  stop.abort(new Error("given up"));
  await expect(second).rejects.toThrow("given up");
  await expect(Promise.all([first, third])).resolves.toBeDefined();
});

test("each object reports the limit, the requests and the waits of what it shares, until it is gone", async () => {
  const registry = new Registry();
  const limiters = new AccountLimiters(controllerMetrics(registry));
  const limiter = limiters.of("acc_1", SHOP, { requestsPerSecond: 100, burst: 50 });
  limiters.of("acc_1", SHOP_TOO, { requestsPerSecond: 50, burst: 1 });
  await limiter.acquire();
  await limiter.acquire();
  const shown = await registry.metrics();
  for (const name of ["a", "b"]) {
    const labels = `kind="Account",namespace="shop",name="${name}"`;
    expect(shown).toContain(`signatureapi_account_rate_limit_requests_per_second{${labels}} 50`);
    expect(shown).toContain(`signatureapi_account_rate_limit_wait_seconds_count{${labels}} 2`);
    expect(shown).toContain(`signatureapi_account_rate_limit_wait_seconds_bucket{le="0.01",${labels}} 1`);
  }
  limiters.release(SHOP_TOO);
  const later = await registry.metrics();
  expect(later).toContain(
    'signatureapi_account_rate_limit_requests_per_second{kind="Account",namespace="shop",name="a"} 100',
  );
  expect(later).not.toContain('name="b"');
});
