import type { LookupFunction } from "node:net";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import type { FaultRuleInput } from "../emulator/index.ts";
import { PROBLEM_TYPE_PREFIX } from "../contract/schemas.ts";
import { ManualClock } from "./manual-clock.ts";
import { RateLimiter } from "./rate-limiter.ts";
import type { ManagementClient } from "./client.ts";
import type { ManagementApiErrorKind } from "./errors.ts";
import { ACCOUNT, clientOf, errorOf, LIVE, setup, TOKEN } from "./test-setup.ts";

type Fault = FaultRuleInput["fault"];

/** Faults by the error that a create answers with. The status, where there is one, is what the client saw. */
const UNKNOWN_OUTCOMES: [
  name: string,
  fault: Fault,
  kind: ManagementApiErrorKind,
  status: number | undefined,
][] = [
  ["a reset", { kind: "reset" }, "connection", undefined],
  ["no answer", { kind: "hang" }, "timeout", undefined],
  ["a truncated answer", { kind: "truncate" }, "malformed-answer", 201],
  ["an answer that is not JSON", { kind: "malformed" }, "malformed-answer", 201],
  ["a page instead of JSON", { kind: "html", status: 201 }, "malformed-answer", 201],
  ["another 2xx", { kind: "status", status: 202, body: "none" }, "malformed-answer", 202],
  ["a 204", { kind: "status", status: 204, body: "none" }, "malformed-answer", 204],
  ["a page with 404", { kind: "html", status: 404 }, "http-status", 404],
  ["a page with 502", { kind: "html", status: 502 }, "http-status", 502],
  ["a 403 without a body", { kind: "status", status: 403, body: "none" }, "http-status", 403],
  ["a redirect", { kind: "redirect", location: "https://evil.example.com/" }, "redirect", 307],
  ["an answer that is too large", { kind: "huge", bytes: 1_100_000 }, "answer-too-large", 201],
  ["a slow drip", { kind: "slow", msPerByte: 50 }, "timeout", 201],
  ["a key of the other mode", { kind: "wrong-mode" }, "wrong-mode", 201],
  ["a problem with 500", { kind: "status", status: 500 }, "problem", 500],
  ["a problem with 503", { kind: "status", status: 503 }, "problem", 503],
  ["a problem with 408", { kind: "status", status: 408 }, "problem", 408],
];

test.each(UNKNOWN_OUTCOMES)("create: the outcome is unknown after %s", async (_, fault, kind, status) => {
  const { client, emulator } = await setup({ deadlines: { requestMs: 300 } });
  emulator.admin.addFault({ when: "after", fault });
  const error = await errorOf(client.createApiKey(LIVE));
  expect(error).toMatchObject({ kind, status, effect: "unknown", operation: "createApiKey" });
  expect(emulator.admin.counters()).toEqual({ createApiKey: 1 });
  expect(emulator.admin.keys()).toHaveLength(1);
});

test("create: a wrong-mode error names the key that has to be revoked", async () => {
  const { client, emulator } = await setup();
  emulator.admin.addFault({ fault: { kind: "wrong-mode" } });
  const error = await errorOf(client.createApiKey(LIVE));
  expect(error.apiKeyId).toBe(emulator.admin.keys()[0]?.id);
});

test.each([
  ["a prefix of the other mode", "live", "key_test_0123456789abcdef"],
  ["no prefix", "live", "0123456789abcdef"],
  ["another mode in the answer alone", "test", "key_live_0123456789abcdef"],
])("create: %s is wrong-mode", async (_, mode, key) => {
  const { client, emulator } = await setup();
  const text = JSON.stringify({
    id: "ak_seen",
    description: "x",
    mode,
    status: "active",
    created_at: "2026-11-02T09:30:00.000Z",
    revoked_at: null,
    hint: "cdef",
    key,
  });
  emulator.admin.addFault({
    fault: { kind: "status", status: 201, body: "text", text, contentType: "application/json" },
  });
  const error = await errorOf(client.createApiKey(LIVE));
  expect(error).toMatchObject({ kind: "wrong-mode", effect: "unknown", apiKeyId: "ak_seen" });
  expect(inspect(error)).not.toContain("0123456789abcdef");
});

test("roll: a reset is sent once, and a key of another mode than it says is wrong-mode", async () => {
  const { client, emulator } = await setup();
  const { id } = emulator.admin.createKey(ACCOUNT, LIVE_REQUEST);
  const wrong = { ...emulator.admin.keys()[0], key: "key_test_0123456789abcdef" };
  emulator.admin.addFault({
    fault: {
      kind: "status",
      status: 200,
      body: "text",
      text: JSON.stringify(wrong),
      contentType: "application/json",
    },
  });
  expect(await errorOf(client.rollApiKey(id, { mode: "live" }))).toMatchObject({
    kind: "wrong-mode",
    apiKeyId: id,
  });
  emulator.admin.clearRequests();
  emulator.admin.addFault({ fault: { kind: "reset" } });
  expect(await errorOf(client.rollApiKey(id, { mode: "live" }))).toMatchObject({
    kind: "connection",
    effect: "unknown",
  });
  expect(emulator.admin.counters()).toEqual({ rollApiKey: 1 });
});

test("roll: a whole answer of the other mode is wrong-mode", async () => {
  const { client, emulator } = await setup();
  const { id } = emulator.admin.createKey(ACCOUNT, LIVE_REQUEST);
  emulator.admin.addFault({ when: "after", fault: { kind: "wrong-mode" } });
  const error = await errorOf(client.rollApiKey(id, { mode: "live" }));
  expect(error).toMatchObject({ kind: "wrong-mode", effect: "unknown", apiKeyId: id });
});

const LIVE_REQUEST = { mode: "live", description: "x" } as const;

/** The vendor's own refusals: nothing was changed. */
const REFUSALS: [
  ManagementApiErrorKind,
  number,
  (context: Awaited<ReturnType<typeof setup>>) => Promise<unknown>,
][] = [
  [
    "live-mode-disabled",
    403,
    ({ client, emulator }) =>
      live(client, () => emulator.admin.updateAccount(ACCOUNT, { liveMode: "disabled" })),
  ],
  [
    "live-mode-paused",
    402,
    ({ client, emulator }) =>
      live(client, () => emulator.admin.updateAccount(ACCOUNT, { liveMode: "paused" })),
  ],
  [
    "forbidden",
    403,
    ({ client, emulator }) => live(client, () => emulator.admin.updateAccount(ACCOUNT, { permissions: [] })),
  ],
  [
    "invalid-token",
    401,
    ({ client, emulator }) => live(client, () => emulator.admin.setToken(ACCOUNT, "other")),
  ],
  [
    "too-many-requests",
    429,
    ({ client, emulator }) =>
      live(client, () => emulator.admin.addFault({ fault: { kind: "status", status: 429 } })),
  ],
  [
    "test-key-exists",
    409,
    ({ client, emulator }) => {
      emulator.admin.createKey(ACCOUNT, { mode: "test", description: "x" });
      return client.createApiKey({ ...LIVE, mode: "test" });
    },
  ],
  ["validation-error", 422, ({ client }) => client.createApiKey({ ...LIVE, description: "x".repeat(256) })],
  ["not-found", 404, ({ client }) => client.updateApiKey("ak_unknown", { description: "x" })],
];

function live(client: ManagementClient, prepare: () => unknown): Promise<unknown> {
  prepare();
  return client.createApiKey(LIVE);
}

test.each(REFUSALS)("a mutation refused with %s has no effect", async (kind, status, provoke) => {
  const context = await setup();
  const error = await errorOf(provoke(context));
  expect(error).toMatchObject({ kind, status, effect: "none", problemType: PROBLEM_TYPE_PREFIX + kind });
  expect(context.emulator.admin.requests()).toHaveLength(1);
  expect(context.emulator.admin.keys().filter((key) => key.mode === "live")).toEqual([]);
});

test("a validation error lists the mistakes", async () => {
  const { client } = await setup();
  const error = await errorOf(client.createApiKey({ ...LIVE, description: "" }));
  expect(error.errors).toEqual(["description: must be 1 to 255 characters long"]);
  expect(error.message).toContain(error.errors[0]);
});

test("a text that the other side sends is redacted and cut before it comes into an error", async () => {
  const { client, emulator } = await setup();
  const text = JSON.stringify({
    type: `${PROBLEM_TYPE_PREFIX}forbidden`,
    title: `Token ${TOKEN} is bad`,
    status: 403,
    detail: `You sent key_live_abcdef\nand ${TOKEN} ${"long ".repeat(200)}`,
    errors: [`key_test_xyz ${TOKEN}`],
  });
  emulator.admin.addFault({
    fault: { kind: "status", status: 403, body: "text", text, contentType: "application/problem+json" },
  });
  const error = await errorOf(client.createApiKey(LIVE));
  expect(error).toMatchObject({ kind: "forbidden", effect: "none", errors: ["[redacted] [redacted]"] });
  expect(error.message).toContain("Token [redacted] is bad");
  expect(error.message).not.toContain("\n");
  expect(error.message.length).toBeLessThan(700);
});

/** What looks like a problem of the vendor and is none: a proxy may have written it, after the request went through. */
const FOREIGN_PROBLEMS: [name: string, contentType: string, body: object][] = [
  ["another type", "application/problem+json", { type: "about:blank", title: "No", status: 409 }],
  [
    "a type on another host",
    "application/problem+json",
    { type: "https://evil.example.com/docs/v1/errors/not-found", title: "No", status: 409 },
  ],
  [
    "another status inside",
    "application/problem+json",
    { type: `${PROBLEM_TYPE_PREFIX}not-found`, title: "No", status: 404 },
  ],
  ["no title", "application/problem+json", { type: `${PROBLEM_TYPE_PREFIX}test-key-exists`, status: 409 }],
  [
    "a key as slug",
    "application/problem+json",
    { type: `${PROBLEM_TYPE_PREFIX}key_live_x`, title: "No", status: 409 },
  ],
  [
    "another content type",
    "text/plain",
    { type: `${PROBLEM_TYPE_PREFIX}test-key-exists`, title: "No", status: 409 },
  ],
];

test.each(FOREIGN_PROBLEMS)("a 409 with %s proves nothing about the effect", async (_, contentType, body) => {
  const { client, emulator } = await setup();
  const text = JSON.stringify(body);
  emulator.admin.addFault({ fault: { kind: "status", status: 409, body: "text", text, contentType } });
  expect(await errorOf(client.createApiKey(LIVE))).toMatchObject({
    kind: "http-status",
    effect: "unknown",
    status: 409,
  });
});

test("an error of the vendor that this version does not know is a problem with its type", async () => {
  const { client, emulator } = await setup();
  const text = JSON.stringify({ type: `${PROBLEM_TYPE_PREFIX}quota-reached`, title: "Quota", status: 409 });
  emulator.admin.addFault({
    fault: { kind: "status", status: 409, body: "text", text, contentType: "application/json" },
  });
  expect(await errorOf(client.createApiKey(LIVE))).toMatchObject({
    kind: "problem",
    effect: "none",
    problemType: `${PROBLEM_TYPE_PREFIX}quota-reached`,
  });
});

test.each(["constructor", "valueof", "--proto--"])(
  "a problem named %s is one like any other",
  async (slug) => {
    const { client, emulator } = await setup();
    const text = JSON.stringify({ type: `${PROBLEM_TYPE_PREFIX}${slug}`, title: "Odd", status: 409 });
    emulator.admin.addFault({
      fault: { kind: "status", status: 409, body: "text", text, contentType: "application/json" },
    });
    expect(await errorOf(client.createApiKey(LIVE))).toMatchObject({ kind: "problem", effect: "none" });
  },
);

test("an answer of create that lacks a field is malformed, and names the key if it can", async () => {
  const { client, emulator } = await setup();
  const text = JSON.stringify({ id: "ak_seen", key: "key_live_0123456789abcdef", mode: "live" });
  emulator.admin.addFault({
    fault: { kind: "status", status: 201, body: "text", text, contentType: "application/json" },
  });
  const error = await errorOf(client.createApiKey(LIVE));
  expect(error).toMatchObject({ kind: "malformed-answer", effect: "unknown", apiKeyId: "ak_seen" });
  expect(error.message).toContain("created_at");
});

test("an answer of create whose value would not be written as it is names the key, and not the value", async () => {
  const { client, emulator } = await setup();
  const text = JSON.stringify({
    id: "ak_odd",
    description: "x",
    mode: "live",
    status: "active",
    created_at: "2026-11-02T09:30:00.000Z",
    revoked_at: null,
    hint: "abcd",
    key: "key_live_0123456789`id`$(id)",
  });
  emulator.admin.addFault({
    fault: { kind: "status", status: 201, body: "text", text, contentType: "application/json" },
  });
  const error = await errorOf(client.createApiKey(LIVE));
  expect(error).toMatchObject({ kind: "malformed-answer", effect: "unknown", apiKeyId: "ak_odd" });
  expect(error.message).toContain("key (invalid_format)");
  expect(error.message).not.toContain("0123456789");
});

test("reads have no effect, whatever happens", async () => {
  const { client, emulator } = await setup({ deadlines: { requestMs: 300 } });
  for (const [, fault] of UNKNOWN_OUTCOMES.filter(([, { kind }]) => kind !== "wrong-mode")) {
    emulator.admin.addFault({ fault });
    // eslint-disable-next-line no-await-in-loop -- one fault for one request
    expect(await errorOf(client.getAccount())).toMatchObject({ effect: "none", operation: "getAccount" });
  }
});

test("a revocation is done only after 204 or the vendor's own 404", async () => {
  const { client, emulator } = await setup();
  const { id } = emulator.admin.createKey(ACCOUNT, LIVE_REQUEST);
  emulator.admin.addFault({ fault: { kind: "html", status: 404 } });
  expect(await errorOf(client.revokeApiKey(id))).toMatchObject({ kind: "http-status", effect: "unknown" });
  emulator.admin.addFault({ fault: { kind: "html", status: 200 } });
  expect(await errorOf(client.revokeApiKey(id))).toMatchObject({
    kind: "malformed-answer",
    effect: "unknown",
  });
  expect(emulator.admin.keys()[0]?.status).toBe("active");
});

test("when nothing listens, nothing was sent", async () => {
  const { emulator } = await setup();
  const client = clientOf(emulator.url);
  await emulator.close();
  const error = await errorOf(client.createApiKey(LIVE));
  expect(error).toMatchObject({ kind: "connection", effect: "none", transient: true });
  expect(error.message).toContain("ECONNREFUSED");
});

test("when the name does not resolve, nothing was sent", async () => {
  const error = await errorOf(clientOf("http://nothing.invalid/v1").createApiKey(LIVE));
  expect(error).toMatchObject({ kind: "connection", effect: "none" });
});

test("when TLS fails, nothing was sent", async () => {
  const { emulator } = await setup();
  const client = clientOf(emulator.url.replace("http:", "https:"));
  expect(await errorOf(client.createApiKey(LIVE))).toMatchObject({ kind: "connection", effect: "none" });
  expect(emulator.admin.requests()).toEqual([]);
});

test("an abort before sending has no effect; one after sending may have", async () => {
  const { client, emulator } = await setup();
  expect(await errorOf(client.createApiKey({ ...LIVE, signal: AbortSignal.abort() }))).toMatchObject({
    kind: "aborted",
    effect: "none",
  });
  expect(emulator.admin.requests()).toEqual([]);
  const controller = new AbortController();
  emulator.admin.addFault({ when: "after", fault: { kind: "hang" } });
  const call = errorOf(client.createApiKey({ ...LIVE, signal: controller.signal }));
  await emulator.admin.waitForRequests({ operation: "createApiKey" });
  controller.abort();
  expect(await call).toMatchObject({ kind: "aborted", effect: "unknown" });
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

test.each(["signal", "waitSignal"])(
  "a create given up by its %s while it waits for a connection is never sent",
  async (name) => {
    const { emulator } = await setup();
    const unresolved: (() => void)[] = [];
    let open = false;
    const lookup: LookupFunction = (_hostname, _options, callback) => {
      const resolve = () => callback(null, [{ address: "127.0.0.1", family: 4 }]);
      if (open) resolve();
      else unresolved.push(resolve);
    };
    const client = clientOf(emulator.url.replace("127.0.0.1", "api.example.com"), { lookup });
    const controller = new AbortController();
    const waiting = errorOf(client.createApiKey({ ...LIVE, [name]: controller.signal }));
    await turn();
    controller.abort();
    expect(await waiting).toMatchObject({ kind: "aborted", effect: "none" });
    open = true;
    expect(unresolved).toHaveLength(1);
    for (const resolve of unresolved) resolve();
    // The connection that was asked for comes, and serves the next call.
    await client.getAccount();
    expect(emulator.admin.counters()).toEqual({ getAccount: 1 });
  },
);

test.each(["signal", "waitSignal"])(
  "a create given up by its %s while it waits for the limiter is never sent",
  async (name) => {
    const clock = new ManualClock();
    const limiter = new RateLimiter({ requestsPerSecond: 1, burst: 1, clock });
    const { client, emulator } = await setup({ limiter });
    await client.getAccount();
    const controller = new AbortController();
    const both = { signal: new AbortController().signal, waitSignal: new AbortController().signal };
    const waiting = errorOf(client.createApiKey({ ...LIVE, ...both, [name]: controller.signal }));
    await turn();
    controller.abort();
    expect(await waiting).toMatchObject({ kind: "aborted", effect: "none" });
    clock.advance(5_000);
    await client.getAccount();
    expect(emulator.admin.counters()).toEqual({ getAccount: 2 });
  },
);

test("a waitSignal does not touch a request that is on its way, whose value arrives", async () => {
  const { client, emulator } = await setup();
  emulator.admin.addFault({ when: "after", fault: { kind: "hold" } });
  const controller = new AbortController();
  const call = client.createApiKey({
    ...LIVE,
    signal: new AbortController().signal,
    waitSignal: controller.signal,
  });
  await emulator.admin.waitForRequests({ operation: "createApiKey" });
  controller.abort();
  await turn();
  emulator.admin.clearFaults();
  expect((await call).value.mode).toBe("live");
});
