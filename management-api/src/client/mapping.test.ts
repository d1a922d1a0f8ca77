import { inspect } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { startRenamingProxy, OTHER_NAMES } from "../contract/mapping/test-renaming-proxy.ts";
import type { EmulatorOptions } from "../emulator/index.ts";
import { revealKeyValue } from "../reveal.ts";
import { ACCOUNT, clientOf, errorOf, LIVE, setup } from "./test-setup.ts";

async function behindOtherNames(options: EmulatorOptions = {}) {
  const { emulator } = await setup({}, options);
  const proxy = await startRenamingProxy(emulator.url);
  onTestFinished(() => proxy.close());
  return { emulator, proxy, client: clientOf(proxy.url, { contract: OTHER_NAMES }) };
}

test("a client with the mapping does everything behind other names", async () => {
  const { client, proxy, emulator } = await behindOtherNames();
  expect(await client.getAccount()).toEqual({
    id: ACCOUNT,
    name: "Test",
    liveMode: "enabled",
    permissions: ["manage_api_keys"],
  });
  const { apiKey, value } = await client.createApiKey(LIVE);
  expect(apiKey).toMatchObject({ mode: "live", status: "active", description: "Checkout", revokedAt: null });
  expect([value.mode, value.hint]).toEqual(["live", apiKey.hint]);
  expect(inspect({ apiKey, value }, { depth: null })).not.toContain(revealKeyValue(value));
  const testKey = await client.createApiKey({ ...LIVE, mode: "test" });
  expect(await client.updateApiKey(apiKey.id, { description: "Billing" })).toMatchObject({
    description: "Billing",
  });
  const rolled = await client.rollApiKey(testKey.apiKey.id, { mode: "test" });
  expect(rolled.apiKey.id).toBe(testKey.apiKey.id);
  expect((await client.listAllApiKeys({ mode: "test" })).apiKeys).toMatchObject([{ mode: "test" }]);
  expect(await client.revokeApiKey(apiKey.id)).toEqual({ alreadyRevoked: false });
  expect(await client.revokeApiKey(apiKey.id)).toEqual({ alreadyRevoked: true });
  expect(await client.getApiKey(apiKey.id)).toMatchObject({ status: "revoked" });
  expect(emulator.admin.keys()).toHaveLength(2);
  expect(proxy.strangers).toEqual([]);
});

test("links are followed under their mapped name", async () => {
  const { client, emulator } = await behindOtherNames({ pageSize: 2 });
  for (let index = 0; index < 5; index += 1)
    emulator.admin.createKey(ACCOUNT, { mode: "live", description: `${index}` });
  const { apiKeys } = await client.listAllApiKeys({ mode: "live" });
  expect(apiKeys.map(({ description }) => description)).toEqual(["4", "3", "2", "1", "0"]);
});

test("slugs are read under their mapped names", async () => {
  const { client, proxy } = await behindOtherNames();
  await client.createApiKey({ ...LIVE, mode: "test" });
  expect((await errorOf(client.createApiKey({ ...LIVE, mode: "test" }))).kind).toBe("test-key-exists");
  expect((await errorOf(client.getApiKey("ak_none"))).kind).toBe("not-found");
  const refused = await errorOf(client.createApiKey({ ...LIVE, description: "x".repeat(256) }));
  expect([refused.kind, refused.errors.length]).toEqual(["validation-error", 1]);
  const unauthorized = clientOf(proxy.url, {
    contract: { ...OTHER_NAMES, authentication: { header: "X-Management-Token", scheme: "" } },
  });
  expect((await errorOf(unauthorized.getAccount())).kind).toBe("invalid-token");
});

test("without the mapping nothing is understood, and nothing is taken for a proof", async () => {
  const { client, proxy } = await behindOtherNames();
  const { apiKey } = await client.createApiKey(LIVE);
  const plain = clientOf(proxy.url);
  expect((await errorOf(plain.getAccount())).kind).toBe("http-status");
  expect((await errorOf(plain.revokeApiKey(apiKey.id))).kind).toBe("http-status");
});

test("a mapping that swaps the modes cannot pass a live key off as a test key", async () => {
  const { emulator } = await setup();
  const swapped = clientOf(emulator.url, { contract: { values: { mode: { test: "live", live: "test" } } } });
  const error = await errorOf(swapped.createApiKey({ ...LIVE, mode: "test" }));
  expect([error.kind, error.effect]).toEqual(["wrong-mode", "unknown"]);
  expect(error.apiKeyId).toBe(emulator.admin.keys()[0]?.id);
});

test("a value under another name is as secret as under its own", async () => {
  const { emulator } = await setup();
  // The field of the value is not where the mapping says, so the answer does not fit.
  const client = clientOf(emulator.url, { contract: { fields: { key: { key: "secret.value" } } } });
  const error = await errorOf(client.createApiKey(LIVE));
  expect(error.kind).toBe("malformed-answer");
  expect(error.apiKeyId).toBe(emulator.admin.keys()[0]?.id);
});

test("a token in a header that the client writes itself is refused", () => {
  for (const header of ["Idempotency-Key", "user-agent", "Proxy-Authorization", "Host"]) {
    expect(() => clientOf("http://127.0.0.1:1", { contract: { authentication: { header } } })).toThrow(
      /cannot be sent in a header named/,
    );
  }
});
