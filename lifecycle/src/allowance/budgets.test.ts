import { describe, expect, it, test } from "vitest";
import { NOW } from "../plan/testing/view-builder.ts";
import { refuseBeyondBudget, refuseBeyondOwnBudget, type MadeKey, type MintBudget } from "./budgets.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** The times of keys that were made an hour ago, the oldest of which is forgotten in a second. */
function madeKeys(count: number): readonly number[] {
  return Array.from({ length: count }, (_none, index) => NOW - HOUR + (index + 1) * 1_000);
}

describe("a budget of keys", () => {
  const wanted = { op: "create", reason: "Declared" } as const;
  const budget: MintBudget = {
    of: "namespace shop",
    flag: "namespace-mint-budget",
    budget: 2,
    apiKeys: 1,
    made: madeKeys(5),
    underWay: 0,
  };

  it("grows with the ApiKeys that there are", () => {
    const problem = { reason: "MintBudgetExhausted", transient: false };
    expect(refuseBeyondBudget(budget, wanted, NOW)).toMatchObject({ problem });
    expect(refuseBeyondBudget({ ...budget, apiKeys: 2 }, wanted, NOW)).toBeUndefined();
  });

  it("says when the next key is made: when the oldest that stands in its way is an hour old", () => {
    expect(refuseBeyondBudget(budget, wanted, NOW)?.retryAt).toBe(NOW + 1_000);
    expect(refuseBeyondBudget({ ...budget, made: madeKeys(7) }, wanted, NOW)?.retryAt).toBe(NOW + 3_000);
    expect(refuseBeyondBudget({ ...budget, underWay: 1 }, wanted, NOW)?.retryAt).toBe(NOW + 2_000);
  });

  it("counts what is being asked for, and forgets what is an hour old", () => {
    expect(refuseBeyondBudget({ ...budget, made: madeKeys(4) }, wanted, NOW)).toBeUndefined();
    expect(refuseBeyondBudget({ ...budget, made: madeKeys(4), underWay: 1 }, wanted, NOW)).toBeDefined();
    expect(refuseBeyondBudget(budget, wanted, NOW + 1_000)).toBeUndefined();
  });

  it("holds no emergency back", () => {
    expect(refuseBeyondBudget(budget, { ...wanted, reason: "RotationForced" }, NOW)).toBeUndefined();
  });
});

function keys(reason: MadeKey["reason"], ...minutes: number[]): MadeKey[] {
  return minutes.map((ago) => ({ reason, at: NOW - ago * MINUTE }));
}

function messageOf(reason: MadeKey["reason"], made: readonly MadeKey[]): string | undefined {
  return refuseBeyondOwnBudget(made, { reason, op: "create" }, NOW)?.problem.message;
}

describe("the budget of one ApiKey", () => {
  const heals = keys("SecretLost", 50, 40, 30, 20, 10);
  const emergencies = keys("RotationForced", 5, 4, 3, 2, 1);

  test.each([
    ["a sixth heal within an hour waits until the first is an hour old", "SecretEdited", heals, 10],
    ["a sixth emergency within an hour waits likewise", "RotationForced", emergencies, 55],
    ["a heal counts all kinds of heals", "KeyRolled", [...keys("KeyRevoked", 50, 40), ...heals.slice(2)], 10],
    ["four heals do not keep the fifth back", "SecretLost", heals.slice(1), undefined],
    [
      "heals of an hour ago do not either",
      "SecretLost",
      [...keys("SecretLost", 60), ...heals.slice(1)],
      undefined,
    ],
    ["emergencies do not keep a heal back", "SecretLost", emergencies, undefined],
    ["heals do not keep an emergency back", "RotationForced", heals, undefined],
    ["what was asked for is made however often keys were lost", "Declared", heals, undefined],
    ["so is a rotation that is due", "RotationDue", heals, undefined],
  ] as const)("%s", (_name, reason, made, minutes) => {
    const refused = refuseBeyondOwnBudget(made, { reason, op: "create" }, NOW);
    expect(refused?.retryAt).toBe(minutes === undefined ? undefined : NOW + minutes * MINUTE);
    const problem = { reason: "MintBudgetExhausted", transient: false };
    if (minutes !== undefined) expect(refused).toMatchObject({ problem });
  });

  it("says what to look for: a fight over the Secret, or an annotation in a loop", () => {
    expect(messageOf("SecretLost", heals)).toContain("find out who deletes or edits it");
    expect(messageOf("RotationForced", emergencies)).toContain("find out who sets it");
  });
});
