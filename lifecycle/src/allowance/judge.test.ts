import { describe, expect, test } from "vitest";
import { OLD } from "../plan/testing/plan-table.ts";
import { NOW } from "../plan/testing/view-builder.ts";
import type { Problem } from "../plan/view/problem.ts";
import { DEFAULT_TIMING as TIMING } from "../timing.ts";
import { judgeAllowance, type AllowanceFacts } from "./judge.ts";
import { NO_FACTS } from "./testing/no-facts.ts";
import type { Wanted } from "./wanted.ts";

const CREATE: Wanted = { reason: "Declared", op: "create" };
const REFUSED: Problem = { reason: "TestKeyExists", message: "refused before", transient: false };
const LIMIT = {
  namespace: "shop",
  account: "ClusterAccount acme",
  maxKeys: 1,
  used: 1,
  left: 0,
  nextRevocation: undefined,
};
const SPENT = {
  accountId: "acc_1",
  namespaceBudget: 0,
  accountBudget: 0,
  own: { namespace: "shop", apiKeys: 0, made: [], underWay: 0 },
  others: [],
};
const HEALS = [5, 4, 3, 2, 1].map((ago) => ({ reason: "SecretLost" as const, at: NOW - ago * 60_000 }));

function abandoned(...agoes: number[]): AllowanceFacts["abandoned"] {
  return agoes.map((ago) => ({ ...OLD, abandonedAt: NOW - ago }));
}

test.each([
  ["nothing keeps a first key back", {}, undefined],
  [
    "what was refused is not asked for before its pause is over",
    { refused: { until: NOW + 1, problem: REFUSED } },
    "TestKeyExists",
  ],
  ["a pause that is over keeps nothing back", { refused: { until: NOW, problem: REFUSED } }, undefined],
  [
    "an attempt of unknown outcome is followed by a pause",
    { abandoned: abandoned(0) },
    "ManagementAPIUnavailable",
  ],
  [
    "one that was refused is followed by none",
    { abandoned: [{ ...OLD, abandonedAt: NOW, refused: true as const }] },
    undefined,
  ],
  ["one limit that is reached is enough", { limits: [{ ...LIMIT, used: 0 }, LIMIT] }, "KeyLimitReached"],
  ["a limit does not concern the replacement of the only key", { limits: [LIMIT], held: 1 }, undefined],
  ["a budget that is used up is enough", { budgets: SPENT }, "MintBudgetExhausted"],
] as const)("%s", (_name, facts, reason) => {
  expect(judgeAllowance(CREATE, { ...NO_FACTS, ...facts }, NOW, TIMING)?.problem.reason).toBe(reason);
});

test("an ApiKey that is healed again and again meets its own budget", () => {
  const wanted = { reason: "SecretLost", op: "create" } as const;
  const refused = judgeAllowance(wanted, { ...NO_FACTS, made: HEALS, held: 1 }, NOW, TIMING);
  expect(refused?.problem.reason).toBe("MintBudgetExhausted");
});

function pauseAfter(...agoes: number[]): number | undefined {
  const refused = judgeAllowance(CREATE, { ...NO_FACTS, abandoned: abandoned(...agoes) }, NOW, TIMING);
  return refused?.retryAt === undefined ? undefined : refused.retryAt - NOW;
}

describe("the pause after attempts of unknown outcome", () => {
  test("may end by itself", () => {
    const refused = judgeAllowance(CREATE, { ...NO_FACTS, abandoned: abandoned(0) }, NOW, TIMING);
    expect(refused?.problem.transient).toBe(true);
  });

  test("doubles with each of them", () => {
    expect([pauseAfter(0), pauseAfter(0, 0), pauseAfter(0, 0, 0)]).toEqual(
      [1, 2, 4].map((times) => times * TIMING.settleTime),
    );
  });

  test("counts from the last one, and ends", () => {
    expect(pauseAfter(TIMING.settleTime - 1)).toBe(1);
    expect(pauseAfter(TIMING.settleTime)).toBeUndefined();
    expect(pauseAfter(500_000, 10)).toBe(2 * TIMING.settleTime - 10);
  });

  test("grows to the longest pause, and no further", () => {
    expect(pauseAfter(...Array.from({ length: 40 }, () => 0))).toBe(TIMING.longestPause);
  });

  test("forgets attempts when their time on record is over", () => {
    expect(pauseAfter(TIMING.abandonedRetention, TIMING.abandonedRetention, 0)).toBe(TIMING.settleTime);
  });
});
