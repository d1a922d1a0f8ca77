import { ACCOUNT_DOCUMENTS } from "@signatureapi-keys/controller/accounts";
import { describe, expect, test } from "vitest";
import { account, apiKey, condition } from "../doctor/testing/facts.ts";
import { planAdoption, type AdoptionFacts, type AdoptionWish } from "./plan.ts";

const WISH: AdoptionWish = {
  keyId: "ak_9",
  namespace: "shop",
  name: "checkout",
  mode: "live",
  accountRef: { kind: "Account", name: "default" },
  secretName: "checkout",
  secretKey: "SIGNATUREAPI_KEY",
};

function facts(changes: Partial<AdoptionFacts> = {}): AdoptionFacts {
  return {
    account: account({}, { adoptKeyIds: ["ak_9"] }),
    namespaceLabels: { team: "shop" },
    apiKeys: [],
    complete: true,
    secret: "present",
    ...changes,
  };
}

function clusterAccount(allow: object) {
  return ACCOUNT_DOCUMENTS.ClusterAccount.schema.parse({
    apiVersion: "signatureapi.com/v1",
    kind: "ClusterAccount",
    metadata: { name: "acme", uid: "u", resourceVersion: "1", generation: 1 },
    spec: { credentials: { name: "acme" }, allow: [{ modes: ["live"], namespaceSelector: {}, ...allow }] },
    status: { conditions: [condition("Ready", "True", "AccountReady")] },
  });
}

describe("the manifest", () => {
  test("leaves defaults out", () => {
    expect(planAdoption(WISH, facts()).manifest).toEqual({
      apiVersion: "signatureapi.com/v1",
      kind: "ApiKey",
      metadata: { name: "checkout", namespace: "shop" },
      spec: { mode: "live", adopt: { keyId: "ak_9" } },
    });
  });

  test("names what is not the default", () => {
    const wish = {
      ...WISH,
      accountRef: { kind: "ClusterAccount", name: "acme" } as const,
      secretName: "old",
      secretKey: "KEY",
    };
    expect(planAdoption(wish, facts()).manifest["spec"]).toEqual({
      accountRef: { kind: "ClusterAccount", name: "acme" },
      mode: "live",
      secret: { name: "old", key: "KEY" },
      adopt: { keyId: "ak_9" },
    });
  });
});

describe("the value", () => {
  test.each([
    ["present", "kept", /holds the key's value in its entry SIGNATUREAPI_KEY, the value stays/],
    ["absent", "rolled", /its old value stops at once/],
    ["unknown", "unknown", /You may not read whether it exists/],
  ] as const)("with a Secret that is %s is %s", (secret, value, happens) => {
    const plan = planAdoption(WISH, facts({ secret }));
    expect(plan.value).toBe(value);
    expect(plan.happens.join("\n")).toMatch(happens);
  });
});

describe("what is in the way", () => {
  test("is nothing if the account lists the key", () => {
    expect(planAdoption(WISH, facts()).problems).toEqual([]);
    expect(
      planAdoption(WISH, facts({ account: clusterAccount({ adoptKeyIds: ["ak_9"] }) })).problems,
    ).toEqual([]);
  });

  test.each<[string, Partial<AdoptionFacts>, RegExp]>([
    ["no account", { account: undefined }, /^Account shop\/default does not exist/],
    [
      "a key that the Account does not list",
      { account: account({}, { adoptKeyIds: ["ak_1"] }) },
      /--type merge -p '\{"spec": \{"adoptKeyIds": \["ak_1","ak_9"\]\}\}'$/,
    ],
    [
      "a key that no line lists",
      { account: clusterAccount({}) },
      /no line of spec\.allow of ClusterAccount acme/,
    ],
    [
      "a line for other namespaces",
      {
        account: clusterAccount({
          namespaceSelector: { matchLabels: { team: "billing" } },
          adoptKeyIds: ["ak_9"],
        }),
      },
      /no line of spec\.allow of ClusterAccount acme allows mode live in namespace shop/,
    ],
    ["a suspended account", { account: account({}, { adoptKeyIds: ["ak_9"], suspend: true }) }, /suspended/],
    [
      "an account that is not ready",
      {
        account: account(
          { conditions: [condition("Ready", "False", "InvalidToken", 2)] },
          { adoptKeyIds: ["ak_9"] },
        ),
      },
      /is not ready \(InvalidToken\)/,
    ],
    [
      "another ApiKey that has the key",
      { apiKeys: [apiKey("app", { status: { keyId: "ak_9" } })] },
      /ApiKey shop\/app has or adopts key ak_9/,
    ],
    ["another ApiKey that wants the key", { apiKeys: [apiKey("app", { adopts: "ak_9" })] }, /has or adopts/],
    [
      "an ApiKey of this name with a key",
      { apiKeys: [apiKey("checkout", { status: { keyId: "ak_1" } })] },
      /has key ak_1 already/,
    ],
  ])("is %s", (_name, changes, problem) => {
    const { problems } = planAdoption(WISH, facts(changes));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });
});
