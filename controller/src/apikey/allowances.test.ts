import { DEFAULT_TIMING, type StatusRecord } from "@signatureapi-keys/lifecycle";
import { describe, expect, test } from "vitest";
import { Allowances, type AllowanceRequest, type Holder } from "./allowances.ts";

const NOW = Date.UTC(2026, 10, 1);
const EMPTY: StatusRecord = { revision: 0, abandoned: [], previous: [] };

function allowances(budget = 1_000): Allowances {
  return new Allowances({ namespace: budget, account: budget }, DEFAULT_TIMING);
}

function holder(uid: string, status: Partial<StatusRecord> = {}, isBehind = false): Holder {
  return { uid, mode: "live", status: { ...EMPTY, ...status }, isBehind };
}

function request(
  uid: string,
  holders: readonly Holder[],
  changes: Partial<AllowanceRequest> = {},
): AllowanceRequest {
  return {
    uid,
    op: "create",
    reason: "Declared",
    mode: "live",
    namespace: "shop",
    vendorAccount: "https://api.example.com acc_1",
    accountId: "acc_1",
    limits: [{ account: "ClusterAccount acme", modes: ["live"], maxKeys: 1 }],
    holders: () => holders,
    apiKeysOfNamespace: 0,
    apiKeysOfAccount: 0,
    ...changes,
  };
}

describe("the last place of a namespace", () => {
  const both = [holder("a"), holder("b")];

  test("is given to one of two ApiKeys that ask at the same time", () => {
    const all = allowances();
    expect(all.reserve(request("a", both), NOW)).toBeUndefined();
    expect(all.reserve(request("b", both), NOW)?.problem.reason).toBe("KeyLimitReached");
  });

  test("is free again where the key was not made", () => {
    const all = allowances();
    all.reserve(request("a", both), NOW);
    all.end("a");
    expect(all.reserve(request("b", both), NOW)).toBeUndefined();
  });

  test("stays taken by a key that was made until its status is seen", () => {
    const all = allowances();
    all.reserve(request("a", both), NOW);
    all.spend("a", NOW);
    all.end("a");
    const lagging = [holder("a", {}, true), holder("b")];
    expect(all.reserve(request("b", lagging), NOW)).toBeDefined();
    const revoked = [holder("a"), holder("b")];
    expect(all.reserve(request("b", revoked), NOW)).toBeUndefined();
  });

  test("is looked for in every line, and the strictest wins", () => {
    const limits = [
      { account: "ClusterAccount wide", modes: ["live", "test"], maxKeys: 9 },
      { account: "ClusterAccount strict", modes: ["live"], maxKeys: 1 },
    ];
    const holders = [holder("a", { keyId: "ak_1" }), holder("b")];
    const refused = allowances().reserve(request("b", holders, { limits }), NOW);
    expect(refused?.problem.message).toContain("ClusterAccount strict");
  });

  test("is counted by the modes of the line alone", () => {
    const holders = [{ ...holder("a", { keyId: "ak_1" }), mode: "test" }, holder("b")];
    expect(allowances().reserve(request("b", holders), NOW)).toBeUndefined();
  });
});

describe("a budget", () => {
  const free = { limits: [] };

  test("of one namespace is not another's, and that of the account is everybody's", () => {
    const all = new Allowances({ namespace: 1, account: 2 }, DEFAULT_TIMING);
    const ask = (uid: string, namespace: string): string | undefined => {
      const refused = all.reserve(request(uid, [], { ...free, namespace }), NOW);
      all.spend(uid, NOW);
      all.end(uid);
      return refused?.problem.message;
    };
    expect(ask("a", "shop")).toBeUndefined();
    expect(ask("b", "shop")).toContain("namespace shop");
    expect(ask("c", "billing")).toBeUndefined();
    expect(ask("d", "office")).toContain("account acc_1");
  });

  test("is not spent by a request that was refused, nor twice by one key", () => {
    const all = allowances(2);
    all.reserve(request("a", [], free), NOW);
    all.end("a");
    all.reserve(request("b", [], free), NOW);
    all.spend("b", NOW);
    all.spend("b", NOW);
    all.end("b");
    expect(all.reserve(request("c", [], free), NOW)).toBeUndefined();
    expect(all.reserve(request("d", [], free), NOW)?.retryAt).toBe(NOW + 3_600_000);
  });
});
