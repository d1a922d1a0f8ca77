import { describe, expect, it, test } from "vitest";
import { NOW } from "../plan/testing/view-builder.ts";
import {
  refuseBeyondBudgets,
  refuseBeyondOwnBudget,
  type MadeKey,
  type MintBudgets,
  type NamespaceMints,
} from "./budgets.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** The times of keys that were made an hour ago, the oldest of which is forgotten in a second. */
function madeKeys(count: number): readonly number[] {
  return Array.from({ length: count }, (_none, index) => NOW - HOUR + (index + 1) * 1_000);
}

const WANTED = { op: "create", reason: "Declared" } as const;
const BUDGETS: MintBudgets = {
  accountId: "acc_1",
  namespaceBudget: 2,
  accountBudget: 100,
  own: { namespace: "shop", apiKeys: 1, made: madeKeys(5), underWay: 0 },
  others: [],
};

/** The same, where the namespace that asks has had something else. */
function withOwn(own: Partial<NamespaceMints>, rest: Partial<MintBudgets> = {}): MintBudgets {
  return { ...BUDGETS, ...rest, own: { ...BUDGETS.own, ...own } };
}

describe("the budget of a namespace", () => {
  it("grows with the ApiKeys that there are", () => {
    const problem = { reason: "MintBudgetExhausted", transient: false };
    expect(refuseBeyondBudgets(BUDGETS, WANTED, NOW)).toMatchObject({ problem });
    expect(refuseBeyondBudgets(withOwn({ apiKeys: 2 }), WANTED, NOW)).toBeUndefined();
  });

  it("says when the next key is made: when the oldest that stands in its way is an hour old", () => {
    expect(refuseBeyondBudgets(BUDGETS, WANTED, NOW)?.retryAt).toBe(NOW + 1_000);
    expect(refuseBeyondBudgets(withOwn({ made: madeKeys(7) }), WANTED, NOW)?.retryAt).toBe(NOW + 3_000);
    expect(refuseBeyondBudgets(withOwn({ underWay: 1 }), WANTED, NOW)?.retryAt).toBe(NOW + 2_000);
  });

  it("counts what is being asked for, and forgets what is an hour old", () => {
    expect(refuseBeyondBudgets(withOwn({ made: madeKeys(4) }), WANTED, NOW)).toBeUndefined();
    expect(refuseBeyondBudgets(withOwn({ made: madeKeys(4), underWay: 1 }), WANTED, NOW)).toBeDefined();
    expect(refuseBeyondBudgets(BUDGETS, WANTED, NOW + 1_000)).toBeUndefined();
  });

  it("holds no emergency back", () => {
    expect(refuseBeyondBudgets(BUDGETS, { ...WANTED, reason: "RotationForced" }, NOW)).toBeUndefined();
  });
});

/** An account whose namespaces share two keys an hour. */
function shared(own: Partial<NamespaceMints>, ...others: readonly Partial<NamespaceMints>[]): MintBudgets {
  const named = others.map((each, index) => ({
    namespace: `other-${index}`,
    apiKeys: 1,
    made: [],
    underWay: 0,
    ...each,
  }));
  return withOwn({ made: [], ...own }, { namespaceBudget: 1_000, accountBudget: 2, others: named });
}

describe("the budget of an account", () => {
  test.each<readonly [string, MintBudgets, number | undefined]>([
    [
      "a namespace that has spent nothing is served, whatever others have spent",
      shared({}, { made: madeKeys(50) }),
      undefined,
    ],
    ["also by many namespaces", shared({}, { made: madeKeys(50) }, { made: madeKeys(50) }), undefined],
    [
      "it has three keys for each of its ApiKeys",
      shared({ made: madeKeys(2) }, { made: madeKeys(50) }),
      undefined,
    ],
    ["and no more while the rest is used up", shared({ made: madeKeys(3) }, { made: madeKeys(50) }), 1_000],
    [
      "what others leave of the rest is anybody's",
      shared({ made: madeKeys(4) }, { made: madeKeys(3) }),
      undefined,
    ],
    [
      "others take nothing of the rest within their own part",
      shared({ made: madeKeys(4) }, { made: madeKeys(3) }, { made: madeKeys(3) }),
      undefined,
    ],
    ["one namespace may use up the rest, and not more", shared({ made: madeKeys(5) }), 1_000],
    [
      "what others are asking for counts",
      shared({ made: madeKeys(3) }, { made: madeKeys(4), underWay: 1 }),
      1_000,
    ],
    [
      "and what is asked for besides in the namespace",
      shared({ made: madeKeys(2), underWay: 1 }, { made: madeKeys(5) }),
      1_000,
    ],
    [
      "a key is made when enough of what others have had of the rest is an hour old",
      shared({ made: [NOW - 3, NOW - 2, NOW - 1] }, { made: madeKeys(9) }),
      5_000,
    ],
    [
      "or when enough of its own part is, if that comes first",
      shared({ made: madeKeys(4) }, { made: madeKeys(50) }),
      2_000,
    ],
  ])("%s", (_name, budgets, wait) => {
    const refused = refuseBeyondBudgets(budgets, WANTED, NOW);
    expect(refused?.retryAt).toBe(wait === undefined ? undefined : NOW + wait);
    if (wait === undefined) return;
    expect(refused?.problem.message).toContain("--account-mint-budget");
    const heal = { ...WANTED, reason: "SecretLost" } as const;
    expect(refuseBeyondBudgets(budgets, heal, NOW)).toBeDefined();
    expect(refuseBeyondBudgets(budgets, heal, NOW + wait - 1)).toBeDefined();
    expect(refuseBeyondBudgets(budgets, heal, NOW + wait)).toBeUndefined();
  });

  it("is counted and not asked by emergencies: those of another namespace take nothing from healing", () => {
    const emergency = { ...WANTED, reason: "RotationForced" } as const;
    expect(refuseBeyondBudgets(shared({ made: madeKeys(99) }), emergency, NOW)).toBeUndefined();
    const heal = { ...WANTED, reason: "KeyRevoked" } as const;
    expect(refuseBeyondBudgets(shared({}, { made: madeKeys(99) }), heal, NOW)).toBeUndefined();
  });

  it("waits an hour where nothing that was made stands in the way yet", () => {
    const asking = shared({ underWay: 3 }, { underWay: 5 });
    expect(refuseBeyondBudgets(asking, WANTED, NOW)?.retryAt).toBe(NOW + HOUR);
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
