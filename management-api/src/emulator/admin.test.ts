import { expect, test } from "vitest";
import { sha256Hex } from "./secrets.ts";
import { ACCOUNT, start, TOKEN } from "./test-setup.ts";

const LIVE = { mode: "live", description: "x" } as const;

test("faults are added, listed, used up in order and removed", async () => {
  const { api, adminApi } = await start();
  const fault = { match: { operation: "getAccount" }, times: 2, fault: { kind: "status", status: 503 } };
  expect((await adminApi("POST", "/faults", fault)).status).toBe(201);
  expect((await adminApi("GET", "/faults")).body["data"]).toMatchObject([{ times: 2, when: "before" }]);
  expect((await api("GET", "/api-keys")).status).toBe(200);
  expect((await api("GET", "/account")).status).toBe(503);
  expect((await adminApi("GET", "/faults")).body["data"]).toMatchObject([{ times: 1 }]);
  expect((await adminApi("DELETE", "/faults")).status).toBe(204);
  expect((await api("GET", "/account")).status).toBe(200);
});

test.each([
  ["a method", { method: "post" }, true],
  ["another method", { method: "GET" }, false],
  ["a path", { path: "/api-keys" }, true],
  ["the beginning of a path", { path: "/api*" }, true],
  ["another path", { path: "/account" }, false],
  ["an account", { account: ACCOUNT }, true],
  ["another account", { account: "acc_other" }, false],
  ["everything", {}, true],
])("a fault can be matched by %s", async (_, match, hits) => {
  const { api, emulator } = await start();
  emulator.admin.addFault({ match, fault: { kind: "status", status: 503 } });
  expect((await api("POST", "/api-keys", LIVE)).status).toBe(hits ? 503 : 201);
});

test("a fault before the effect prevents it, one after does not", async () => {
  const { api, emulator } = await start();
  emulator.admin.addFault({ fault: { kind: "status", status: 500 } });
  await api("POST", "/api-keys", LIVE);
  expect(emulator.admin.keys()).toHaveLength(0);
  emulator.admin.addFault({ when: "after", fault: { kind: "status", status: 500 } });
  await api("POST", "/api-keys", LIVE);
  expect(emulator.admin.keys()).toHaveLength(1);
});

test("a held request goes on when the faults are cleared", async () => {
  const { api, emulator } = await start();
  emulator.admin.addFault({ when: "after", fault: { kind: "hold" } });
  const call = api("POST", "/api-keys", LIVE);
  await emulator.admin.waitForRequests({ operation: "createApiKey" });
  await expect.poll(() => emulator.admin.keys().length).toBe(1);
  expect(emulator.admin.requests()[0]?.status).toBeNull();
  emulator.admin.clearFaults();
  expect((await call).status).toBe(201);
});

test("a late effect comes without an answer, a repeated one twice, a rewritten description is stored", async () => {
  const { api, emulator } = await start();
  emulator.admin.addFault({ fault: { kind: "late", ms: 20 } });
  const controller = new AbortController();
  const lost = fetch(`${emulator.url}/api-keys`, {
    method: "POST",
    body: JSON.stringify(LIVE),
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    signal: controller.signal,
  });
  await expect.poll(() => emulator.admin.keys().length).toBe(1);
  controller.abort();
  await expect(lost).rejects.toThrow("abort");
  emulator.admin.addFault({ fault: { kind: "duplicate" } });
  await api("POST", "/api-keys", LIVE);
  expect(emulator.admin.keys()).toHaveLength(3);
  emulator.admin.addFault({ fault: { kind: "rewrite-description", description: "changed" } });
  expect((await api("POST", "/api-keys", LIVE)).body["description"]).toBe("changed");
  emulator.admin.addFault({ fault: { kind: "omit", count: 3 } });
  expect((await api("GET", "/api-keys")).body["data"]).toHaveLength(1);
});

test("the log has operation, account and status, and neither tokens nor values", async () => {
  const { api, adminApi } = await start();
  const { body } = await api("POST", "/api-keys", LIVE);
  await api("GET", `/api-keys/${String(body["key"])}`);
  await api("GET", "/envelopes", undefined, { "x-api-key": String(body["key"]) });
  await api("GET", "/account", undefined, { authorization: "Bearer wrong-token" });
  const log = (await adminApi("GET", "/requests")).body;
  expect(log["counters"]).toEqual({ createApiKey: 1, getApiKey: 1, listEnvelopes: 1, getAccount: 1 });
  expect(log["data"]).toMatchObject([
    { operation: "createApiKey", account: ACCOUNT, status: 201, method: "POST", path: "/api-keys" },
    { operation: "getApiKey", account: ACCOUNT, status: 404, path: "/api-keys/[redacted]" },
    { operation: "listEnvelopes", status: 200 },
    { operation: "getAccount", account: null, status: 401 },
  ]);
  const text = JSON.stringify(log);
  for (const secret of [String(body["key"]), TOKEN, "wrong-token"]) expect(text).not.toContain(secret);
  await adminApi("DELETE", "/requests");
  expect((await adminApi("GET", "/requests")).body).toEqual({ counters: {}, data: [] });
});

test("keys of all accounts are shown, revoked ones too, without values", async () => {
  const { adminApi } = await start();
  await adminApi("POST", "/accounts", { id: "acc_other", token: "other-token" });
  const made = await adminApi("POST", "/accounts/acc_other/keys", LIVE);
  expect(made).toMatchObject({ status: 201, body: { key: expect.stringMatching(/^key_live_/) as unknown } });
  const own = await adminApi("POST", `/accounts/${ACCOUNT}/keys`, LIVE);
  await adminApi("POST", `/accounts/${ACCOUNT}/keys/${String(own.body["id"])}/revoke`);
  const keys = (await adminApi("GET", "/keys")).body;
  expect(keys["data"]).toMatchObject([
    { id: own.body["id"], account: ACCOUNT, status: "revoked" },
    { id: made.body["id"], account: "acc_other", status: "active" },
  ]);
  expect(JSON.stringify(keys)).not.toContain("key_live_");
});

test("an account can be changed: live mode, permissions and the token by its SHA-256", async () => {
  const { api, adminApi } = await start();
  const changes = { liveMode: "paused", permissions: [], tokenHash: sha256Hex("new-token") };
  expect((await adminApi("PATCH", `/accounts/${ACCOUNT}`, changes)).status).toBe(200);
  expect((await api("GET", "/account")).status).toBe(401);
  const account = await api("GET", "/account", undefined, { authorization: "Bearer new-token" });
  expect(account.body).toMatchObject({ live_mode: "paused", permissions: [] });
});

test("an account may have tokens of several roles, which the log and faults name", async () => {
  const { api, adminApi, emulator } = await start();
  const roles = [
    { name: "reader", token: "token-of-reader", permissions: [] },
    { name: "writer", token: "token-of-writer" },
  ];
  await adminApi("POST", "/accounts", { id: "acc_roles", token: "token-of-owner", roles });
  const as = async (role: string, method: string, path: string, body?: object) =>
    api(method, path, body, { authorization: `Bearer token-of-${role}` });
  const reader = await as("reader", "GET", "/account");
  expect(reader.body).toMatchObject({ id: "acc_roles", permissions: [] });
  expect((await as("reader", "POST", "/api-keys", LIVE)).status).toBe(403);
  expect((await as("writer", "POST", "/api-keys", LIVE)).status).toBe(201);
  emulator.admin.addFault({ match: { role: "writer" }, fault: { kind: "status", status: 403 } });
  const lists = ["owner", "writer"].map(async (role) => as(role, "GET", "/api-keys"));
  expect((await Promise.all(lists)).map(({ status }) => status)).toEqual([200, 403]);
  expect(emulator.admin.requests({ role: null }).map(({ operation }) => operation)).toEqual(["listApiKeys"]);
});

test("the configuration can be changed", async () => {
  const { adminApi, api } = await start();
  expect((await adminApi("PATCH", "/config", { burst: 1, rateLimit: 0.001 })).body).toMatchObject({
    burst: 1,
  });
  await api("GET", "/account");
  expect((await api("GET", "/account")).status).toBe(429);
});

test.each([
  ["POST", "/faults", { fault: { kind: "explode" } }, 422],
  ["POST", "/faults", "{", 422],
  ["PATCH", "/config", { speed: 1 }, 422],
  ["PATCH", "/accounts/acc_unknown", {}, 404],
  ["POST", `/accounts/${ACCOUNT}/keys/ak_unknown/revoke`, undefined, 404],
  ["PUT", "/faults", {}, 405],
  ["GET", "/nothing", undefined, 404],
])("the admin API answers %s %s %j with %i", async (method, path, body, status) => {
  const { adminApi } = await start();
  expect((await adminApi(method, path, body)).status).toBe(status);
});

test("close cuts held connections", async () => {
  const { api, emulator } = await start();
  emulator.admin.addFault({ fault: { kind: "hang" } });
  const call = api("GET", "/account");
  await emulator.admin.waitForRequests({});
  await emulator.close();
  await expect(call).rejects.toThrow("fetch failed");
});

test("values can be chosen, for a key that is made and for one that is rolled", async () => {
  const values = ["key_live_first", "key_live_second"];
  const { api } = await start({ newValue: () => values.shift() ?? "" });
  const { body } = await api("POST", "/api-keys", LIVE);
  expect(body).toMatchObject({ key: "key_live_first", hint: "irst" });
  const rolled = await api("POST", `/api-keys/${String(body["id"])}/roll`);
  expect(rolled.body).toMatchObject({ key: "key_live_second", hint: "cond" });
});
