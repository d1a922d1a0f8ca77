import { expect, test } from "vitest";
import { apiKeyListSchema, PROBLEM_TYPE_PREFIX } from "../contract/schemas.ts";
import type { AccountChanges } from "./index.ts";
import { ACCOUNT, start } from "./test-setup.ts";

const LIVE = { mode: "live", description: "Checkout" };

test("create answers 201 with Location, the key once, an ISO time with milliseconds and a hint", async () => {
  const { api, emulator } = await start();
  const { status, headers, body } = await api("POST", "/api-keys", LIVE);
  expect(status).toBe(201);
  expect(headers.get("location")).toBe(`${emulator.url}/api-keys/${String(body["id"])}`);
  expect(body["id"]).toMatch(/^ak_[0-9a-f]{24}$/);
  expect(body["key"]).toMatch(/^key_live_[0-9A-Za-z]{40}$/);
  expect(body["created_at"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(String(body["key"]).endsWith(String(body["hint"]))).toBe(true);
  expect(body).toMatchObject({ status: "active", revoked_at: null, mode: "live" });
  for (const path of [`/api-keys/${String(body["id"])}`, "/api-keys"]) {
    // eslint-disable-next-line no-await-in-loop -- two requests
    expect(JSON.stringify((await api("GET", path)).body)).not.toContain(String(body["key"]));
  }
});

test("a revoked key is not listed, GET says revoked, and everything else answers 404", async () => {
  const { api, emulator } = await start();
  const { id } = emulator.admin.createKey(ACCOUNT, { mode: "live", description: "x" });
  expect((await api("DELETE", `/api-keys/${id}`)).status).toBe(204);
  expect((await api("GET", "/api-keys")).body["data"]).toEqual([]);
  expect((await api("GET", `/api-keys/${id}`)).body).toMatchObject({ status: "revoked" });
  const gone = [
    await api("DELETE", `/api-keys/${id}`),
    await api("PATCH", `/api-keys/${id}`, { description: "y" }),
    await api("POST", `/api-keys/${id}/roll`),
  ];
  expect(gone.map(({ status, body }) => [status, body["type"]])).toEqual(
    Array.from({ length: 3 }, () => [404, `${PROBLEM_TYPE_PREFIX}not-found`]),
  );
});

test("an account has one test key, until it is revoked", async () => {
  const { api } = await start();
  const create = () => api("POST", "/api-keys", { mode: "test", description: "x" });
  const first = await create();
  expect(first.status).toBe(201);
  expect(await create()).toMatchObject({
    status: 409,
    body: { type: `${PROBLEM_TYPE_PREFIX}test-key-exists` },
  });
  await api("DELETE", `/api-keys/${String(first.body["id"])}`);
  expect((await create()).status).toBe(201);
});

test.each<[string, number, AccountChanges]>([
  ["live-mode-disabled", 403, { liveMode: "disabled" }],
  ["live-mode-paused", 402, { liveMode: "paused" }],
  ["forbidden", 403, { permissions: [] }],
])("create answers %s", async (slug, status, changes) => {
  const { api, emulator } = await start();
  emulator.admin.updateAccount(ACCOUNT, changes);
  const reply = await api("POST", "/api-keys", LIVE);
  expect(reply).toMatchObject({ status, body: { type: PROBLEM_TYPE_PREFIX + slug, status } });
  expect(reply.headers.get("content-type")).toBe("application/problem+json");
});

test("a key of another account does not exist", async () => {
  const { api, emulator } = await start();
  emulator.admin.addAccount({ id: "acc_other", token: "other-token" });
  const { id } = emulator.admin.createKey("acc_other", { mode: "live", description: "x" });
  const replies = [
    await api("GET", `/api-keys/${id}`),
    await api("DELETE", `/api-keys/${id}`),
    await api("PATCH", `/api-keys/${id}`, { description: "y" }),
    await api("POST", `/api-keys/${id}/roll`),
  ];
  expect(replies.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
  expect((await api("GET", "/api-keys")).body["data"]).toEqual([]);
});

test.each([
  ["an empty description", { ...LIVE, description: "" }],
  ["a description of 256 characters", { ...LIVE, description: "x".repeat(256) }],
  ["another mode", { ...LIVE, mode: "other" }],
  ["an unknown field", { ...LIVE, scope: "all" }],
  ["a missing field", { mode: "live" }],
  ["an array", []],
  ["no JSON", "{"],
])("create refuses %s with a validation-error that has errors and no detail", async (_, body) => {
  const { api, emulator } = await start();
  const reply = await api("POST", "/api-keys", body);
  expect(reply).toMatchObject({ status: 422, body: { type: `${PROBLEM_TYPE_PREFIX}validation-error` } });
  expect(reply.body["errors"]).toEqual([expect.stringMatching(/\w/)]);
  expect(reply.body).not.toHaveProperty("detail");
  expect(emulator.admin.keys()).toEqual([]);
});

test("a description may have 255 characters, counted as code points", async () => {
  const { api } = await start();
  expect((await api("POST", "/api-keys", { ...LIVE, description: "😀".repeat(255) })).status).toBe(201);
  expect((await api("POST", "/api-keys", { ...LIVE, description: "😀".repeat(256) })).status).toBe(422);
});

test("a wrong method answers 405 with Allow, an unknown path 404, a huge body 413", async () => {
  const { api, emulator } = await start();
  const wrong = await api("PUT", "/api-keys/ak_1", {});
  expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, PATCH, DELETE"]);
  expect((await api("GET", "/nothing")).status).toBe(404);
  expect((await fetch(new URL("/account", emulator.url))).status).toBe(404);
  expect((await api("GET", "/api-keys/%ff")).status).toBe(404);
  expect((await api("POST", "/api-keys", { ...LIVE, description: "x".repeat(100_000) })).status).toBe(413);
});

test.each(["", "Bearer wrong", "Basic dG9rZW4=", "Bearer"])(
  "the credential %j answers 401 invalid-token",
  async (header) => {
    const { api } = await start();
    const reply = await api("GET", "/account", undefined, { authorization: header });
    expect(reply).toMatchObject({ status: 401, body: { type: `${PROBLEM_TYPE_PREFIX}invalid-token` } });
  },
);

test("the data plane takes a key by X-API-Key and says its mode; nothing else will do", async () => {
  const { api, emulator } = await start();
  const { key } = emulator.admin.createKey(ACCOUNT, { mode: "live", description: "x" });
  expect(await api("GET", "/envelopes", undefined, { "x-api-key": key })).toMatchObject({
    status: 200,
    body: { mode: "live", data: [], links: { next: null } },
  });
  expect(await api("GET", "/envelopes")).toMatchObject({
    status: 401,
    body: { type: `${PROBLEM_TYPE_PREFIX}invalid-api-key` },
  });
});

test("beyond the burst an account gets 429 without Retry-After, and another account does not", async () => {
  const { api, emulator } = await start({ rateLimit: 0.001, burst: 2 });
  emulator.admin.addAccount({ id: "acc_other", token: "other-token" });
  const account = (token?: string) =>
    api("GET", "/account", undefined, token === undefined ? {} : { authorization: `Bearer ${token}` });
  expect([(await account()).status, (await account()).status]).toEqual([200, 200]);
  const refused = await account();
  expect(refused).toMatchObject({ status: 429, body: { type: `${PROBLEM_TYPE_PREFIX}too-many-requests` } });
  expect(refused.headers.has("retry-after")).toBe(false);
  expect((await account("other-token")).status).toBe(200);
});

const links = (body: object) => apiKeyListSchema.parse(body).links;
const descriptions = (body: object) =>
  apiKeyListSchema.parse(body).data.map(({ description }) => description);

test("pages are linked in both directions and do not shift when keys come and go", async () => {
  const { api, emulator } = await start();
  const create = (description: string) => emulator.admin.createKey(ACCOUNT, { mode: "live", description });
  const keys = ["1", "2", "3", "4", "5"].map(create);
  const follow = async (link: string | null) =>
    (await api("GET", (link ?? "").slice(emulator.url.length))).body;
  const first = (await api("GET", "/api-keys?limit=2&mode=live")).body;
  expect([descriptions(first), links(first).previous]).toEqual([["5", "4"], null]);
  create("6");
  emulator.admin.revokeKey(ACCOUNT, keys[3]?.id ?? "");
  const second = await follow(links(first).next);
  expect(descriptions(second)).toEqual(["3", "2"]);
  const third = await follow(links(second).next);
  expect([descriptions(third), links(third).next]).toEqual([["1"], null]);
  const back = await follow(links(second).previous);
  expect(descriptions(back)).toEqual(["6", "5"]);
  expect(links(back).previous).toBeNull();
});

test.each(["limit=0", "limit=21", "limit=x", "limit=1&limit=2", "mode=other", "cursor=x", "cursor=e30"])(
  "the query %s answers 422",
  async (query) => {
    const { api } = await start();
    expect((await api("GET", `/api-keys?${query}`)).status).toBe(422);
  },
);

test("a page has at most 20 keys, or fewer if so configured", async () => {
  const { api, emulator } = await start();
  for (let index = 0; index < 25; index += 1)
    emulator.admin.createKey(ACCOUNT, { mode: "live", description: "x" });
  expect((await api("GET", "/api-keys")).body["data"]).toHaveLength(20);
  emulator.admin.configure({ pageSize: 7 });
  expect((await api("GET", "/api-keys?limit=20")).body["data"]).toHaveLength(7);
});

test("with a list lag a new key is missing from lists, though GET finds it", async () => {
  const { api, emulator } = await start({ listLagMs: 60_000 });
  const { id } = emulator.admin.createKey(ACCOUNT, { mode: "live", description: "x" });
  expect((await api("GET", "/api-keys")).body["data"]).toEqual([]);
  expect((await api("GET", `/api-keys/${id}`)).status).toBe(200);
  emulator.admin.configure({ listLagMs: 0 });
  expect((await api("GET", "/api-keys")).body["data"]).toHaveLength(1);
});

test("with a latency every answer is held back", async () => {
  const { api } = await start({ latencyMs: 80 });
  const started = performance.now();
  await api("GET", "/account");
  expect(performance.now() - started).toBeGreaterThanOrEqual(79);
});
