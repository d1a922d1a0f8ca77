import { kubeObjectSchema } from "@signatureapi-keys/controller/kube";
import { ownerOf } from "@signatureapi-keys/lifecycle";
import { describe, expect, test } from "vitest";
import type { ApiKeySummary } from "../doctor/api-key-summary.ts";
import { account, ago, apiKey, NOW } from "../doctor/testing/facts.ts";
import { mismatch, waitForSecondListing } from "./evidence.ts";
import { orphansOf, reasonToKeep, type ClusterRecords } from "./orphan.ts";
import { secretRecordOf } from "./secret-record.ts";

const GONE = "0123456789abcdef";
const KEY = {
  keyId: "ak_9",
  mode: "live",
  createdAt: ago(60),
  installation: "00000aaaaa",
  owner: GONE,
  revision: 1,
};

function naming(status: ApiKeySummary["status"]): Partial<ClusterRecords> {
  return { apiKeys: [apiKey("app", { status })] };
}

function records(changes: Partial<ClusterRecords> = {}): ClusterRecords {
  return {
    apiKeys: [apiKey()],
    secrets: [],
    complete: true,
    installations: new Set(["00000aaaaa"]),
    ...changes,
  };
}

describe("a key that no record is said to name", () => {
  test("can be revoked if nothing in the cluster names it", () => {
    expect(reasonToKeep(KEY, records())).toBeUndefined();
  });

  const attempt = { id: "abcdefgh", revision: 1, startedAt: ago(60), reason: "Adopted", keyId: "ak_9" };
  const retiring = { keyId: "ak_9", revokeAt: ago(-60), reason: "Scheduled" };
  test.each<[string, Partial<typeof KEY>, Partial<ClusterRecords>, RegExp]>([
    ["was adopted", { revision: 0 }, {}, /adopted/],
    ["is of another installation", { installation: "00000bbbbb" }, {}, /another installation \(00000bbbbb\)/],
    ["is of an unknown installation", {}, { installations: new Set() }, /not known/],
    ["has an ApiKey", { owner: ownerOf("uid-of-app") }, {}, /ApiKey shop\/app exists/],
    ["is named by a status", {}, naming({ keyId: "ak_9" }), /ApiKey shop\/app names it/],
    ["retires", {}, naming({ previous: [retiring] }), /names it/],
    ["is being rolled", {}, naming({ attempt: { ...attempt, op: "roll" } }), /names it/],
    [
      "was being adopted",
      {},
      naming({ abandoned: [{ ...attempt, op: "adopt", abandonedAt: ago(30), listings: 0 }] }),
      /names it/,
    ],
    ["is to be adopted", {}, { apiKeys: [apiKey("app", { adopts: "ak_9" })] }, /names it/],
    ["may have an ApiKey out of sight", {}, { complete: false }, /ApiKeys of all namespaces/],
    ["may have a Secret out of sight", {}, { secrets: undefined }, /Secrets of all namespaces/],
    [
      "is in a Secret's record",
      {},
      { secrets: [{ namespace: "shop", name: "old", keyIds: ["ak_9"] }] },
      /Secret shop\/old/,
    ],
  ])("is kept if it %s", (_name, key, changes, why) => {
    expect(reasonToKeep({ ...KEY, ...key }, records(changes))).toMatch(why);
  });
});

test("an account without unaccounted keys is left out; of others, those that the status names are shown", () => {
  const some = account({ keys: { unaccounted: 3 }, unaccountedKeys: [KEY] });
  const [found, ...others] = orphansOf([account(), some], records());
  expect(others).toEqual([]);
  expect(found).toMatchObject({
    account: "Account shop/default",
    accountId: "acc_1",
    count: 3,
    policy: undefined,
  });
  expect(found?.keys).toEqual([{ ...KEY, apiKey: undefined, kept: undefined }]);
});

function secret(annotations: Record<string, string>) {
  return kubeObjectSchema.parse({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "old", namespace: "shop", uid: "u", resourceVersion: "1", annotations },
  });
}

describe("the record of a Secret", () => {
  test("names the current key, previous ones and an adopted one", () => {
    const annotations = {
      "signatureapi.com/key-id": "ak_1",
      "signatureapi.com/previous":
        '[{"keyId":"ak_2","revokeAt":"2026-11-27T12:00:00.000Z"},{"keyId":"ak_3"}]',
      "signatureapi.com/obeyed-adopt": "ak_4",
    };
    expect(secretRecordOf(secret(annotations))?.keyIds).toEqual(
      expect.arrayContaining(["ak_1", "ak_2", "ak_3", "ak_4"]),
    );
  });

  test("is none without our annotations", () => {
    expect(secretRecordOf(secret({ "example.com/key-id": "ak_1" }))).toBeUndefined();
  });
});

describe("what the management API shows", () => {
  const orphan = { ...KEY, apiKey: undefined, kept: undefined };
  const shown = { id: "ak_9", status: "active", description: `lost [ak:00000aaaaa.${GONE}:1:abcdefgh]` };

  test("is the reported key, if its tag is the reported one", () => {
    expect(mismatch(orphan, shown)).toBeUndefined();
  });

  test.each([
    [undefined, /does not list it/],
    [{ ...shown, status: "revoked" }, /it is revoked/],
    [{ ...shown, description: "lost" }, /no tag/],
    [{ ...shown, description: `lost [ak:00000bbbbb.${GONE}:1:abcdefgh]` }, /tag is another/],
    [{ ...shown, description: "lost [ak:00000aaaaa.fedcba9876543210:1:abcdefgh]" }, /tag is another/],
    [{ ...shown, description: `lost [ak:00000aaaaa.${GONE}:2:abcdefgh]` }, /tag is another/],
  ])("is another key: %j", (key, why) => {
    expect(mismatch(orphan, key)).toMatch(why);
  });
});

test.each([
  [ago(60), 0],
  [ago(45), 0],
  [ago(15), 30_000],
  // A clock that is behind that of the controller waits no longer than a settle time.
  [ago(-600), 45_000],
])("after an inventory at %s, the second listing waits %i ms", (inventoryAt, expected) => {
  expect(waitForSecondListing(inventoryAt, NOW, 45_000)).toBe(expected);
});

test.each([
  [undefined, /no complete inventory/],
  [ago(86_401), /more than a day old/],
])("an inventory at %s proves nothing", (inventoryAt, problem) => {
  const wait = waitForSecondListing(inventoryAt, NOW, 45_000);
  expect(typeof wait === "number" ? "" : wait.problem).toMatch(problem);
});
