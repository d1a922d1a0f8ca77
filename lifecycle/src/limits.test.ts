import { describe, expect, it, test } from "vitest";
import { countKeys, needsRoom, refuseBeyondBudget, refuseBeyondLimit, type MintBudget } from "./limits.ts";
import { OLD, retiring } from "./plan/testing/plan-table.ts";
import { pendingCommitOf, NOW, STATUS } from "./plan/testing/view-builder.ts";
import { DEFAULT_TIMING } from "./timing.ts";

const HOUR = 3_600_000;

test.each([
  ["nothing that was never asked for", {}, 0],
  ["the current key and those that retire", { ...STATUS, previous: [retiring, retiring] }, 3],
  ["a key that is being asked for", { attempt: pendingCommitOf().attempt }, 1],
  [
    "a key that is being adopted",
    {
      attempt: { ...pendingCommitOf().attempt, op: "adopt" as const, keyId: "ak_1", description: "by hand" },
    },
    1,
  ],
  [
    "no roll, which makes none",
    { ...STATUS, attempt: { ...pendingCommitOf().attempt, op: "roll" as const } },
    1,
  ],
  ["what an attempt without an outcome may have left", { abandoned: [OLD] }, 1],
  ["nothing of an attempt that is settled", { abandoned: [{ ...OLD, listings: 2 }] }, 0],
])("an ApiKey's keys count %s", (_what, status, count) => {
  expect(countKeys({ revision: 0, abandoned: [], previous: [], ...status }, NOW, DEFAULT_TIMING)).toBe(count);
});

test.each([
  ["a first key", { op: "create", reason: "Declared" }, 0, true],
  ["a rotation", { op: "create", reason: "RotationDue" }, 1, false],
  ["a key whose Secret was lost", { op: "create", reason: "SecretLost" }, 1, false],
  ["a second rotation within the overlap", { op: "create", reason: "RotationTriggered" }, 2, true],
  ["an emergency within the overlap", { op: "create", reason: "RotationForced" }, 2, false],
  ["a roll", { op: "roll", reason: "RotationDue" }, 1, false],
] as const)("%s needs room, or does not", (_what, wanted, held, needs) => {
  expect(needsRoom(wanted, held)).toBe(needs);
});

/** The times of keys that were made an hour ago, the oldest of which is forgotten in a second. */
function made(count: number): readonly number[] {
  return Array.from({ length: count }, (_none, index) => NOW - HOUR + (index + 1) * 1_000);
}

describe("a limit of keys", () => {
  const limit = {
    namespace: "shop",
    account: "ClusterAccount acme",
    maxKeys: 3,
    used: 3,
    nextRevocation: undefined,
  };

  it("has room below it, and none at it", () => {
    expect(refuseBeyondLimit({ ...limit, used: 2 })).toBeUndefined();
    expect(refuseBeyondLimit(limit)?.problem).toMatchObject({ reason: "KeyLimitReached", transient: false });
  });

  it("says whose it is, and when a place comes free", () => {
    const refused = refuseBeyondLimit({ ...limit, nextRevocation: NOW + HOUR });
    expect(refused?.retryAt).toBe(NOW + HOUR);
    expect(refused?.problem.message).toMatch(
      /shop has 3 of the 3 keys.*ClusterAccount acme.*2026-11-01T13:00/,
    );
  });
});

describe("a budget of keys", () => {
  const wanted = { op: "create", reason: "Declared" } as const;
  const budget: MintBudget = {
    of: "namespace shop",
    flag: "namespace-mint-budget",
    budget: 2,
    apiKeys: 1,
    made: made(5),
    underWay: 0,
  };

  it("grows with the ApiKeys that there are", () => {
    expect(refuseBeyondBudget(budget, wanted, NOW)?.problem.reason).toBe("MintBudgetExhausted");
    expect(refuseBeyondBudget({ ...budget, apiKeys: 2 }, wanted, NOW)).toBeUndefined();
  });

  it("says when the next key is made: when the oldest that stands in its way is an hour old", () => {
    expect(refuseBeyondBudget(budget, wanted, NOW)?.retryAt).toBe(NOW + 1_000);
    expect(refuseBeyondBudget({ ...budget, made: made(7) }, wanted, NOW)?.retryAt).toBe(NOW + 3_000);
  });

  it("counts what is being asked for, and forgets what is an hour old", () => {
    expect(refuseBeyondBudget({ ...budget, made: made(4) }, wanted, NOW)).toBeUndefined();
    expect(refuseBeyondBudget({ ...budget, made: made(4), underWay: 1 }, wanted, NOW)).toBeDefined();
    expect(refuseBeyondBudget(budget, wanted, NOW + 1_000)).toBeUndefined();
  });

  it("holds no emergency back", () => {
    expect(refuseBeyondBudget(budget, { ...wanted, reason: "RotationForced" }, NOW)).toBeUndefined();
  });
});
