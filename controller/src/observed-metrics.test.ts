import { Registry } from "@prometheus-io/client";
import { DEFAULT_TIMING } from "@signatureapi-keys/lifecycle";
import { expect, test } from "vitest";
import { MintLedger } from "./allowance/ledger.ts";
import { observedMetrics } from "./observed-metrics.ts";

const HOUR = 3_600_000;

async function lines(registry: Registry): Promise<readonly string[]> {
  return (await registry.metrics()).split("\n").filter((line) => /^\w+\{/.test(line));
}

test("what the caches skip and may not list is shown by kind, as it is now", async () => {
  const registry = new Registry();
  const caches = [
    ["ApiKey", { skipped: 2, refusedIn: [] }],
    ["Secret", { skipped: 0, refusedIn: ["shop"] }],
    ["Secret", { skipped: 0, refusedIn: ["shop", ""] }],
  ] as const;
  const ledger = { budgetsInUse: () => [] };
  observedMetrics(registry, { caches, ledger, now: () => 0 });
  const expected = [
    'signatureapi_watch_skipped_objects{kind="ApiKey"} 2',
    'signatureapi_watch_skipped_objects{kind="Secret"} 0',
    'signatureapi_watch_refused{kind="Secret",namespace="shop"} 1',
    'signatureapi_watch_refused{kind="Secret",namespace=""} 1',
  ];
  expect(await lines(registry)).toEqual(expected);
  // Each collection starts anew.
  expect(await lines(registry)).toEqual(expected);
});

test("a budget is shown while keys of the last hour count against it, and goes then", async () => {
  const registry = new Registry();
  const ledger = new MintLedger({ namespace: 10, account: 20 }, DEFAULT_TIMING);
  let now = Date.UTC(2026, 10, 1);
  observedMetrics(registry, { caches: [], ledger, now: () => now });
  const request = {
    uid: "a",
    op: "create",
    reason: "Declared",
    generation: 1,
    abandoned: [],
    namespace: "shop",
    budget: "https://api.example.com acc_1",
    domain: "",
    accountId: "acc_1",
    limits: [],
    holders: () => [],
    key: "shop/a",
    seen: { holding: () => 1, find: () => undefined },
    left: [],
  } as const;
  const budgets = async (): Promise<readonly string[]> =>
    (await lines(registry)).filter((line) => line.startsWith("signatureapi_mint_budget"));
  ledger.reserve(request, now);
  expect(await budgets()).toEqual([]);
  // Three of them are what its ApiKey adds; the others come out of what all namespaces share.
  for (let count = 0; count < 5; count += 1) {
    ledger.reserve(request, now);
    ledger.noteMade("a", "Declared", now);
    ledger.end("a");
  }
  expect(await budgets()).toEqual([
    'signatureapi_mint_budget_used_keys{scope="namespace",account="acc_1",namespace="shop"} 5',
    'signatureapi_mint_budget_used_keys{scope="account",account="acc_1",namespace=""} 2',
    'signatureapi_mint_budget_keys{scope="namespace",account="acc_1",namespace="shop"} 13',
    'signatureapi_mint_budget_keys{scope="account",account="acc_1",namespace=""} 20',
  ]);
  now += HOUR;
  expect(await budgets()).toEqual([]);
});
