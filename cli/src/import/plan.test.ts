import type { ApiKey } from "@signatureapi-keys/management-api";
import { expect, test } from "vitest";
import { apiKey } from "../doctor/testing/facts.ts";
import { nameFor, planImport } from "./plan.ts";

const WISH = { namespace: "shop", accountRef: { kind: "Account", name: "default" }, suspend: true } as const;

function key(id: string, description: string, changes: Partial<ApiKey> = {}): ApiKey {
  const createdAt = new Date("2026-11-01T00:00:00Z");
  return {
    id,
    description,
    mode: "live",
    status: "active",
    createdAt,
    revokedAt: null,
    hint: "wxyz",
    ...changes,
  };
}

test("each key that none declares gets an ApiKey, suspended, with a name from its description", () => {
  const plan = planImport(
    [key("ak_1", "Checkout, by Ada"), key("ak_2", "Sandbox", { mode: "test" })],
    [],
    WISH,
  );
  expect(plan.manifests).toEqual([
    {
      apiVersion: "signatureapi.com/v1",
      kind: "ApiKey",
      metadata: { name: "checkout-by-ada", namespace: "shop" },
      spec: { mode: "live", adopt: { keyId: "ak_1" }, suspend: true },
    },
    {
      apiVersion: "signatureapi.com/v1",
      kind: "ApiKey",
      metadata: { name: "sandbox", namespace: "shop" },
      spec: { mode: "test", adopt: { keyId: "ak_2" }, suspend: true },
    },
  ]);
  expect([plan.keyIds, plan.skipped]).toEqual([["ak_1", "ak_2"], []]);
  expect(
    planImport([key("ak_1", "a")], [], { ...WISH, suspend: false }).manifests[0]?.["spec"],
  ).not.toHaveProperty("suspend");
});

test("names are free and given in the order of the keys' age", () => {
  const older = { createdAt: new Date("2026-10-01T00:00:00Z") };
  const listed = [key("ak_2", "Checkout"), key("ak_1", "Checkout", older), key("ak_3", "App")];
  const { manifests } = planImport(listed, [apiKey("app")], WISH);
  expect(manifests.map(({ metadata, spec }) => [metadata, spec])).toMatchObject([
    [{ name: "checkout" }, { adopt: { keyId: "ak_1" } }],
    [{ name: "checkout-2" }, { adopt: { keyId: "ak_2" } }],
    [{ name: "app-2" }, { adopt: { keyId: "ak_3" } }],
  ]);
});

const tag = (installation: string): string => `Checkout [ak:${installation}.0123456789abcdef:1:abcdefgh]`;

test.each([
  ["revoked", key("ak_1", "a", { status: "revoked" }), /it is revoked/],
  ["of another mode", key("ak_1", "a", { mode: "sandbox" }), /mode is not known/],
  ["an ApiKey's", key("ak_app", "a"), /ApiKey shop\/app has or adopts it/],
  ["of this installation", key("ak_1", tag("00000aaaaa")), /this cluster's installation/],
  ["of another installation", key("ak_1", tag("00000bbbbb")), /another installation \(00000bbbbb\)/],
])("a key that is %s is skipped", (_name, listed, why) => {
  const plan = planImport([listed], [apiKey("app")], WISH);
  expect(plan.manifests).toEqual([]);
  expect(plan.skipped.map(({ keyId }) => keyId)).toEqual([listed.id]);
  expect(plan.skipped[0]?.why).toMatch(why);
});

test.each([
  ["Checkout, by Ada", "checkout-by-ada"],
  ["Größe – Übersicht", "gro-e-ubersicht"],
  ["key_live_abcdefghijklmnop of the shop", "of-the-shop"],
  ["!!!", "imported"],
  ["x".repeat(200), "x".repeat(63)],
])("%j is named %s", (text, name) => {
  expect(nameFor(text)).toBe(name);
});
