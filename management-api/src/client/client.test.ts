import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { listen } from "../emulator/http-server.ts";
import { ManagementToken } from "../management-token.ts";
import { revealKeyValue } from "../reveal.ts";
import type { RequestInfo } from "./call.ts";
import type { ManagementClient } from "./client.ts";
import { RateLimiter } from "./rate-limiter.ts";
import { ACCOUNT, clientOf, errorOf, LIVE, setup, TOKEN } from "./test-setup.ts";

test("getAccount says whom the token belongs to", async () => {
  const { client } = await setup();
  expect(await client.getAccount()).toEqual({
    id: ACCOUNT,
    name: "Test",
    liveMode: "enabled",
    permissions: ["manage_api_keys"],
  });
});

test("a key is created with its value, which works on the data plane until the key is revoked", async () => {
  const { client, emulator } = await setup();
  const { apiKey, value } = await client.createApiKey(LIVE);
  expect(apiKey).toMatchObject({ description: "Checkout", mode: "live", status: "active", revokedAt: null });
  expect(apiKey.createdAt).toBeInstanceOf(Date);
  expect(value.mode).toBe("live");
  expect(value.hint).toBe(apiKey.hint);
  const use = () => fetch(`${emulator.url}/envelopes`, { headers: { "x-api-key": revealKeyValue(value) } });
  expect(await (await use()).json()).toMatchObject({ mode: "live", data: [] });
  expect(await client.revokeApiKey(apiKey.id)).toEqual({ alreadyRevoked: false });
  expect((await use()).status).toBe(401);
  expect(await client.revokeApiKey(apiKey.id)).toEqual({ alreadyRevoked: true });
  const revoked = await client.getApiKey(apiKey.id);
  expect(revoked.status).toBe("revoked");
  expect(revoked.revokedAt).toBeInstanceOf(Date);
});

test("a roll keeps the ID, changes the value and stops the old one at once", async () => {
  const { client, emulator } = await setup();
  const { apiKey, value } = await client.createApiKey({ ...LIVE, mode: "test" });
  const rolled = await client.rollApiKey(apiKey.id, { mode: "test" });
  expect(rolled.apiKey.id).toBe(apiKey.id);
  expect(rolled.value.equals(value)).toBe(false);
  const status = async (plain: string) =>
    (await fetch(`${emulator.url}/envelopes`, { headers: { "x-api-key": plain } })).status;
  expect([await status(revealKeyValue(value)), await status(revealKeyValue(rolled.value))]).toEqual([
    401, 200,
  ]);
});

test("updateApiKey replaces the description", async () => {
  const { client } = await setup();
  const { apiKey } = await client.createApiKey(LIVE);
  expect(await client.updateApiKey(apiKey.id, { description: "Büro 📎" })).toMatchObject({
    description: "Büro 📎",
  });
  expect(await client.getApiKey(apiKey.id)).toMatchObject({ description: "Büro 📎" });
});

test("listAllApiKeys reads every page, newest first, of one mode if asked", async () => {
  const { client, emulator } = await setup({}, { pageSize: 3 });
  for (let index = 0; index < 7; index += 1) {
    emulator.admin.createKey(ACCOUNT, { mode: "live", description: `live ${index}` });
  }
  emulator.admin.createKey(ACCOUNT, { mode: "test", description: "test" });
  const { apiKeys } = await client.listAllApiKeys();
  expect(apiKeys.map(({ description }) => description)).toEqual([
    "test",
    ...[6, 5, 4, 3, 2, 1, 0].map((index) => `live ${index}`),
  ]);
  expect((await client.listAllApiKeys({ mode: "test" })).apiKeys).toHaveLength(1);
  expect(emulator.admin.counters()).toEqual({ listApiKeys: 4 });
});

test("a list in which one page fails is no list", async () => {
  const { client, emulator } = await setup({}, { pageSize: 1 });
  for (let index = 0; index < 3; index += 1)
    emulator.admin.createKey(ACCOUNT, { mode: "live", description: "x" });
  const pages = client.listApiKeys();
  expect((await pages.next()).value?.apiKeys).toHaveLength(1);
  emulator.admin.addFault({ fault: { kind: "status", status: 503 } });
  expect(await errorOf(pages.next())).toMatchObject({
    kind: "problem",
    status: 503,
    effect: "none",
    transient: true,
  });
  emulator.admin.addFault({ match: { operation: "listApiKeys" }, fault: { kind: "status", status: 503 } });
  expect(await errorOf(client.listAllApiKeys())).toMatchObject({ kind: "problem" });
});

test("a list that is too large is given up, and says what bounds it and what to do", async () => {
  const { client, emulator } = await setup({ maxListBytes: 2_000 }, { pageSize: 2 });
  for (let index = 0; index < 50; index += 1)
    emulator.admin.createKey(ACCOUNT, { mode: "live", description: "x".repeat(200) });
  const error = await errorOf(client.listAllApiKeys());
  expect(error).toMatchObject({ kind: "answer-too-large", effect: "none", transient: false });
  expect(error.message).toMatch(/more than 2000 bytes\..*revoke those that are not needed/u);
  expect(emulator.admin.requests().length).toBeLessThan(5);
});

test("of a listed description that is longer than the contract allows, the end is kept, with its tag", async () => {
  const end = `${"y".repeat(500)} [ak:0123456789.fedcba9876543210:1:abcdefgh]`;
  const key = {
    id: "ak_1",
    description: "x".repeat(50_000) + end,
    mode: "live",
    status: "active",
    created_at: "2026-11-02T09:30:00.000Z",
    revoked_at: null,
    hint: "a1b2",
  };
  const page = {
    links: { next: null, previous: null },
    data: [key, { ...key, id: "ak_2", description: "short" }],
  };
  const listener = (_: IncomingMessage, response: ServerResponse) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(page));
  };
  const server = await listen(listener, "127.0.0.1", 0);
  onTestFinished(() => server.close());
  const { apiKeys } = await clientOf(`${server.origin}/v1`).listAllApiKeys();
  expect(apiKeys.map(({ description }) => description)).toEqual([end.slice(-512), "short"]);
});

test("a key that moves to a second page meanwhile is listed once", async () => {
  const { client, emulator } = await setup({}, { pageSize: 1 });
  for (let index = 0; index < 2; index += 1)
    emulator.admin.createKey(ACCOUNT, { mode: "live", description: "x" });
  // The first page links to another beginning of the list, as a list by offset does after an insert.
  emulator.admin.addFault({ fault: { kind: "next-link", url: `${emulator.url}/api-keys?limit=2` } });
  expect((await client.listAllApiKeys()).apiKeys.map(({ id }) => id)).toHaveLength(2);
});

test.each([
  ["another origin", "https://evil.example.com/v1/api-keys", "foreign-link"],
  ["out of the base path", "/admin/keys", "foreign-link"],
  ["to the same page", "?limit=20", "malformed-answer"],
])("a link to the next page that leads %s is not followed", async (_, url, kind) => {
  const { client, emulator } = await setup();
  emulator.admin.addFault({ fault: { kind: "next-link", url } });
  expect(await errorOf(client.listAllApiKeys())).toMatchObject({ kind, effect: "none" });
  expect(emulator.admin.requests()).toHaveLength(1);
});

test.each([
  ["getApiKey", "none", (client: ManagementClient, id: string) => client.getApiKey(id)],
  [
    "updateApiKey",
    "unknown",
    (client: ManagementClient, id: string) => client.updateApiKey(id, { description: "x" }),
  ],
  [
    "rollApiKey",
    "unknown",
    (client: ManagementClient, id: string) => client.rollApiKey(id, { mode: "live" }),
  ],
] as const)(
  "%s: an answer about another key is an error, with effect %s",
  async (operation, effect, call) => {
    const { client, emulator } = await setup();
    const { id } = emulator.admin.createKey(ACCOUNT, { mode: "live", description: "one" });
    const other = emulator.admin.createKey(ACCOUNT, { mode: "live", description: "another" });
    emulator.admin.addFault({ when: "after", fault: { kind: "wrong-key", id: other.id } });
    const error = await errorOf(call(client, id));
    expect(error).toMatchObject({ kind: "wrong-key", operation, effect, status: 200, transient: false });
    // It names no key to act on.
    expect(error.apiKeyId).toBeUndefined();
    expect(error.message).toBe(
      `${operation}: ${id}: The answer is about another key, ${other.id}. The answer was discarded. Check any proxy or ` +
        "cache in between, which may mix up answers; otherwise report this to the vendor.",
    );
    expect(emulator.admin.counters()).toEqual({ [operation]: 1 });
    expect(await client.getApiKey(id)).toMatchObject({ id });
  },
);

test("a rotated token is used without a restart", async () => {
  let token = "first-token";
  const { client, emulator } = await setup(
    { token: () => ManagementToken.of(token) },
    { accounts: [{ id: ACCOUNT, token: "first-token" }] },
  );
  await client.getAccount();
  emulator.admin.setToken(ACCOUNT, "second-token");
  expect(await errorOf(client.getAccount())).toMatchObject({ kind: "invalid-token", status: 401 });
  token = "second-token";
  expect(await client.getAccount()).toMatchObject({ id: ACCOUNT });
});

test("a token that cannot be read is an error before anything is sent", async () => {
  const { client, emulator } = await setup({ token: () => ManagementToken.of("") });
  expect(await errorOf(client.createApiKey(LIVE))).toMatchObject({ kind: "invalid-token", effect: "none" });
  expect(emulator.admin.requests()).toEqual([]);
});

test("IDs are encoded, and what is no ID is not sent", async () => {
  const { client, emulator } = await setup();
  expect(await errorOf(client.getApiKey("ak/../x?y#z"))).toMatchObject({ kind: "not-found", effect: "none" });
  expect(emulator.admin.requests()[0]?.path).toBe("/api-keys/ak%2F..%2Fx%3Fy%23z");
  emulator.admin.clearRequests();
  for (const id of ["", ".", "..", "a\nb", "key_live_pasted-by-mistake", "xkey_test_pasted"]) {
    expect(await errorOf(client.revokeApiKey(id))).toMatchObject({
      kind: "validation-error",
      effect: "none",
    });
  }
  expect(emulator.admin.requests()).toEqual([]);
});

test("every request is reported with its operation, code and duration", async () => {
  const seen: RequestInfo[] = [];
  const { client, emulator } = await setup({ onRequest: (info) => seen.push(info) });
  await client.getAccount();
  await errorOf(client.getApiKey("ak_unknown"));
  emulator.admin.addFault({ fault: { kind: "reset" } });
  await errorOf(client.getAccount());
  expect(seen.map(({ operation, code }) => [operation, code])).toEqual([
    ["getAccount", "200"],
    ["getApiKey", "404"],
    ["getAccount", "connection"],
  ]);
  expect(seen.every(({ durationSeconds }) => durationSeconds > 0 && durationSeconds < 10)).toBe(true);
});

test("metrics that fail do not cost the value", async () => {
  const { client } = await setup({
    onRequest: () => {
      throw new Error("metrics are down");
    },
  });
  expect((await client.createApiKey(LIVE)).value.mode).toBe("live");
  expect(await errorOf(client.getApiKey("ak_unknown"))).toMatchObject({ kind: "not-found" });
});

test("background calls go through the limiter as background", async () => {
  const limiter = new RateLimiter({ requestsPerSecond: 10_000, burst: 10_000 });
  const { client } = await setup({ limiter });
  const asked: unknown[] = [];
  const acquire = limiter.acquire.bind(limiter);
  limiter.acquire = (options) => {
    asked.push(options?.priority);
    return acquire(options);
  };
  await client.listAllApiKeys({ priority: "background" });
  await client.getAccount();
  expect(asked).toEqual(["background", undefined]);
});

/** A server that records headers and answers like the account endpoint, with what this version does not know. */
async function recordingServer(): Promise<{ url: string; headers: IncomingHttpHeaders[] }> {
  const headers: IncomingHttpHeaders[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    headers.push(request.headers);
    response.setHeader("content-type", "application/json; charset=utf-8");
    response.end(
      JSON.stringify({
        id: "acc_1",
        name: "n",
        live_mode: "on-holiday",
        permissions: ["fly"],
        new_field: { a: 1 },
      }),
    );
  };
  const server = await listen(listener, "127.0.0.1", 0);
  onTestFinished(() => server.close());
  return { url: `${server.origin}/v1`, headers };
}

test("unknown fields and enum values of an answer are accepted", async () => {
  const { url } = await recordingServer();
  expect(await clientOf(url).getAccount()).toEqual({
    id: "acc_1",
    name: "n",
    liveMode: "on-holiday",
    permissions: ["fly"],
  });
});

test("header and scheme of the token can be chosen, and the usual ones are Authorization and Bearer", async () => {
  const { url, headers } = await recordingServer();
  await clientOf(url).getAccount();
  await clientOf(url, {
    authentication: { header: "X-Management-Token" },
    userAgent: "tests/1",
  }).getAccount();
  expect(headers[0]).toMatchObject({ authorization: `Bearer ${TOKEN}`, "user-agent": "signatureapi-keys" });
  expect(headers[1]).toMatchObject({ "x-management-token": TOKEN, "user-agent": "tests/1" });
  expect(headers[1]?.authorization).toBeUndefined();
  expect(() => clientOf(url, { authentication: { header: "bad header" } })).toThrow("cannot be sent");
  expect(() => clientOf(url, { authentication: { header: "Authorization", scheme: "a b" } })).toThrow(
    "scheme",
  );
});
