import { describe, expect, test } from "vitest";
import {
  adoptableKeyIds,
  ALLOWS_NOTHING,
  dependsOnLabels,
  linesFor,
  mayRetain,
  modeProblem,
  policyProblem,
  type AccountPolicy,
  type MintRequest,
} from "./mint-policy.ts";

const REF = { kind: "ClusterAccount", name: "acme" } as const;
const OF_NAMESPACE: AccountPolicy = { allow: undefined, suspend: false, orphans: undefined };
const POLICY: AccountPolicy = {
  allow: [
    { modes: ["test"], namespaceSelector: {}, adoptKeyIds: ["ak_test"] },
    {
      modes: ["live"],
      namespaceSelector: { matchLabels: { live: "true" } },
      adoptKeyIds: ["ak_live"],
      maxKeys: 2,
    },
    { modes: ["live", "test"], namespaceSelector: { matchLabels: { team: "a" } } },
  ],
  suspend: false,
  orphans: "Report",
};

function request(mode: "test" | "live", namespaceLabels: Record<string, string> = {}): MintRequest {
  return { mode, namespace: "shop", namespaceLabels };
}

describe("the lines of a policy", () => {
  test.each([
    ["test", {}, ["ak_test"], 1],
    ["live", {}, [], 0],
    ["live", { live: "true" }, ["ak_live"], 1],
    ["test", { live: "true", team: "a" }, ["ak_test"], 2],
    ["live", { team: "a" }, [], 1],
  ] as const)("for mode %s in a namespace labelled %j", (mode, labels, adoptable, lines) => {
    expect(linesFor(POLICY, request(mode, labels))).toHaveLength(lines);
    expect(adoptableKeyIds(POLICY, request(mode, labels))).toEqual(adoptable);
    const refused = policyProblem(REF, POLICY, request(mode, labels));
    expect(refused?.reason).toBe(lines === 0 ? "NotAllowed" : undefined);
  });

  test("allow nothing where the namespace's labels are not known, but for a line for all namespaces", () => {
    const unknown = { namespace: "shop", namespaceLabels: undefined };
    expect(linesFor(POLICY, { ...unknown, mode: "test" })).toEqual([POLICY.allow?.[0]]);
    const refused = policyProblem(REF, POLICY, { ...unknown, mode: "live" });
    expect(refused).toMatchObject({ reason: "NotAllowed", transient: true });
    expect(refused?.message).toMatch(/labels of namespace shop are not known/);
  });

  test.each([
    ["a line that selects by labels", POLICY, "live", true],
    ["one for another mode", { ...POLICY, allow: POLICY.allow?.slice(0, 2) }, "test", false],
    ["a line for all namespaces alone", { ...POLICY, allow: POLICY.allow?.slice(0, 1) }, "test", false],
    ["one for all beside one by labels", POLICY, "test", true],
    ["an Account, which has none", OF_NAMESPACE, "live", false],
  ] as const)("depend on the namespace's labels or not: %s", (_name, policy, mode, expected) => {
    expect(dependsOnLabels(policy, mode)).toBe(expected);
  });

  test("are needed by a ClusterAccount, and not by an Account", () => {
    expect(policyProblem(REF, ALLOWS_NOTHING, request("test"))?.message).toMatch(
      /ClusterAccount acme allows mode test in namespace shop/,
    );
    expect(policyProblem(REF, OF_NAMESPACE, request("live"))).toBeUndefined();
    expect(linesFor(OF_NAMESPACE, request("live"))).toEqual([]);
  });

  test("do not count for an Account, which lists what may be adopted itself", () => {
    expect(adoptableKeyIds({ ...OF_NAMESPACE, adoptKeyIds: ["ak_1"] }, request("live"))).toEqual(["ak_1"]);
    expect(adoptableKeyIds(OF_NAMESPACE, request("live"))).toEqual([]);
  });
});

test("a suspended account mints nothing, whatever its lines allow", () => {
  expect(policyProblem(REF, { ...POLICY, suspend: true }, request("test"))?.reason).toBe("AccountSuspended");
});

test.each([
  ["disabled", "live", "LiveModeDisabled"],
  ["paused", "live", "LiveModePaused"],
  ["enabled", "live", undefined],
  ["disabled", "test", undefined],
  ["paused", "test", undefined],
] as const)("live mode %s refuses a key of mode %s: %s", (liveMode, mode, reason) => {
  expect(modeProblem({ accountId: "acc_1", liveMode, origin: "o" }, mode)?.reason).toBe(reason);
});

const WITH_RETAIN: readonly (readonly [string, AccountPolicy["allow"], boolean])[] = [
  ["a line with retain", [{ modes: ["live"], namespaceSelector: {}, retain: true }], true],
  ["a line without it", [{ modes: ["live"], namespaceSelector: {} }], false],
  ["a line for another mode", [{ modes: ["test"], namespaceSelector: {}, retain: true }], false],
  ["no line", [], false],
  ["an Account, which has no lines", undefined, true],
];

test.each(WITH_RETAIN)("whether a key may be left active is said by %s", (_name, allow, expected) => {
  expect(mayRetain({ ...POLICY, allow }, request("live"))).toBe(expected);
});
