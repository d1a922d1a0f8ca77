import type { Problem } from "@signatureapi-keys/lifecycle";
import { describe, expect, test } from "vitest";
import { domainOf, governedProblem, governedRetain, type Governor } from "./governance.ts";
import type { AccountPolicy } from "./mint-policy.ts";

const VANISHED: Problem = { reason: "KeysVanished", message: "many", transient: false };
const LIVE = { mode: "live", namespace: "shop", namespaceLabels: {} } as const;

function governor(policy: Partial<AccountPolicy> = {}, distrust?: Problem): Governor {
  return {
    ref: { kind: "ClusterAccount", name: "acme" },
    policy: { allow: [], suspend: false, orphans: "Report", ...policy },
    trust: { distrust },
  };
}

function lines(...retain: readonly boolean[]): Partial<AccountPolicy> {
  return { allow: retain.map((each) => ({ modes: ["live"], namespaceSelector: {}, retain: each })) };
}

test("ClusterAccounts decide together, and the Accounts of each namespace do", () => {
  const [one, two, other, account] = [
    domainOf({ kind: "ClusterAccount", name: "a" }),
    domainOf({ kind: "ClusterAccount", name: "b" }),
    domainOf({ kind: "Account", namespace: "shop", name: "a" }),
    domainOf({ kind: "Account", namespace: "shop", name: "b" }),
  ];
  expect([one === two, other === account, one === other]).toEqual([true, true, false]);
  expect(domainOf({ kind: "Account", namespace: "billing", name: "a" })).not.toBe(account);
});

test.each<readonly [string, readonly Governor[], Problem["reason"] | undefined]>([
  ["there is none", [], undefined],
  ["they are well", [governor(), governor()], undefined],
  ["one is suspended", [governor(), governor({ suspend: true })], "AccountSuspended"],
  ["the keys of one have vanished", [governor(), governor({}, VANISHED)], "KeysVanished"],
])("what keeps an Account from minting where %s: %o", (_name, governors, reason) => {
  expect(governedProblem(governors)?.reason).toBe(reason);
});

describe("an Account lets keys be left active", () => {
  test.each<readonly [string, readonly Governor[], boolean]>([
    ["where no ClusterAccount governs it", [], true],
    ["where no line of one is for its namespace", [governor()], true],
    ["where one of its lines allows that", [governor(lines(false, true))], true],
    ["but not where its lines do not", [governor(lines(false))], false],
    [
      "nor where only one of two ClusterAccounts does",
      [governor(lines(true)), governor(lines(false))],
      false,
    ],
  ])("%s", (_name, governors, expected) => {
    expect(governedRetain(governors, LIVE)).toBe(expected);
  });
});
