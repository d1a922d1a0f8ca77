import { createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { FaultRuleInput } from "../emulator/index.ts";
import { FastClock } from "./fast-clock.ts";
import { ManualClock } from "./manual-clock.ts";
import { RateLimiter } from "./rate-limiter.ts";
import { ACCOUNT, clientOf, errorOf, LIVE, setup } from "./test-setup.ts";

/** An hour of the fast clock is 3.6 s: long enough for any answer of a local server. */
const deadlines = { requestMs: 3_600_000 };

function fast() {
  const clock = new FastClock();
  const limiter = new RateLimiter({ requestsPerSecond: 10_000, burst: 10_000, clock });
  const waits = () => clock.delays.filter((delay) => delay !== deadlines.requestMs);
  return { options: { clock, limiter, deadlines, retries: 5 }, waits };
}

test.each<[string, FaultRuleInput["fault"]]>([
  ["a 503", { kind: "status", status: 503 }],
  ["a page with 502", { kind: "html", status: 502 }],
  ["a reset", { kind: "reset" }],
  ["a truncated answer", { kind: "truncate" }],
])("after %s an idempotent call is repeated after 1, 2, 4, 8 and 16 s", async (_, fault) => {
  const { options, waits } = fast();
  const { client, emulator } = await setup(options);
  emulator.admin.addFault({ times: 5, fault });
  expect(await client.getAccount()).toMatchObject({ id: ACCOUNT });
  expect(waits()).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
  expect(emulator.admin.counters()).toEqual({ getAccount: 6 });
});

test("it is given up after the fifth repeat", async () => {
  const { options } = fast();
  const { client, emulator } = await setup(options);
  emulator.admin.addFault({ times: 10, fault: { kind: "status", status: 500 } });
  expect(await errorOf(client.getAccount())).toMatchObject({ kind: "problem", status: 500 });
  expect(emulator.admin.counters()).toEqual({ getAccount: 6 });
});

test("after a time-out an idempotent call is repeated", async () => {
  const { options } = fast();
  const { client, emulator } = await setup({ ...options, deadlines: { requestMs: 200_000 } });
  emulator.admin.addFault({ fault: { kind: "hang" } });
  expect(await client.getAccount()).toMatchObject({ id: ACCOUNT });
  expect(emulator.admin.counters()).toEqual({ getAccount: 2 });
});

test("after a 429 the limiter holds back everything for a second", async () => {
  const clock = new ManualClock();
  const { client, emulator } = await setup({
    limiter: new RateLimiter({ requestsPerSecond: 10, burst: 10, clock }),
  });
  emulator.admin.addFault({ fault: { kind: "status", status: 429 } });
  expect(await errorOf(client.getAccount())).toMatchObject({ kind: "too-many-requests", effect: "none" });
  const next = client.getAccount();
  expect(clock.msUntilNextTimer).toBe(1_000);
  clock.advance(1_000);
  await next;
  expect(emulator.admin.counters()).toEqual({ getAccount: 2 });
});

test("after a 429 an idempotent call is repeated after a second", async () => {
  const { options, waits } = fast();
  const { client, emulator } = await setup(options);
  emulator.admin.addFault({ fault: { kind: "status", status: 429 } });
  await client.getAccount();
  expect(waits()[0]).toBe(1_000);
  expect(emulator.admin.counters()).toEqual({ getAccount: 2 });
});

test("what does not change by itself is not repeated", async () => {
  const { options, waits } = fast();
  const { client, emulator } = await setup(options);
  for (const fault of [
    { kind: "malformed" },
    { kind: "html", status: 404 },
    { kind: "redirect", location: "/" },
    { kind: "huge", bytes: 2_000_000 },
    { kind: "status", status: 403 },
  ] as const) {
    emulator.admin.addFault({ fault });
    // eslint-disable-next-line no-await-in-loop -- one fault for one request
    await errorOf(client.getAccount());
  }
  expect(emulator.admin.counters()).toEqual({ getAccount: 5 });
  expect(waits()).toEqual([]);
});

test("a revocation whose answer was lost succeeds when it is repeated", async () => {
  const { options } = fast();
  const { client, emulator } = await setup(options);
  const { id } = emulator.admin.createKey(ACCOUNT, { mode: "live", description: "x" });
  emulator.admin.addFault({ when: "after", fault: { kind: "reset" } });
  expect(await client.revokeApiKey(id)).toEqual({ alreadyRevoked: true });
  expect(emulator.admin.keys()[0]?.status).toBe("revoked");
});

test("what an earlier try may have done is not forgotten when a later one fails cleanly", async () => {
  const { options } = fast();
  const { client, emulator } = await setup(options);
  const { id } = emulator.admin.createKey(ACCOUNT, { mode: "live", description: "x" });
  emulator.admin.addFault({ when: "after", fault: { kind: "reset" } });
  emulator.admin.addFault({ fault: { kind: "status", status: 403 } });
  expect(await errorOf(client.updateApiKey(id, { description: "y" }))).toMatchObject({
    kind: "forbidden",
    effect: "unknown",
  });
});

test("the wait before a repeat can be aborted", async () => {
  const { client, emulator } = await setup({ retries: 5 });
  emulator.admin.addFault({ fault: { kind: "status", status: 503 } });
  const controller = new AbortController();
  const call = errorOf(client.getAccount({ signal: controller.signal }));
  await emulator.admin.waitForRequests({});
  controller.abort();
  expect(await call).toMatchObject({ kind: "aborted" });
  expect(emulator.admin.counters()).toEqual({ getAccount: 1 });
});

/** A server that answers each GET and cuts the connection at each POST, and notes what came on which connection. */
async function cuttingServer(): Promise<{ url: string; posts: { connection: number; used: boolean }[] }> {
  const posts: { connection: number; used: boolean }[] = [];
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connections += 1;
    const connection = connections;
    let used = false;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      if (data.toString("latin1").startsWith("POST")) {
        posts.push({ connection, used });
        socket.destroy();
        return;
      }
      used = true;
      const body = '{"id":"acc_1","name":"n","live_mode":"enabled","permissions":[]}';
      const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
      socket.write(`${head}\r\n\r\n${body}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : undefined;
  return { url: `http://127.0.0.1:${port}/v1`, posts };
}

test("a create on a kept-alive connection that is cut is not sent again, neither by the client nor by undici", async () => {
  const server = await cuttingServer();
  const client = clientOf(server.url, fast().options);
  // Leaves several idle connections, so that the POST takes one that was used before.
  await Promise.all(Array.from({ length: 8 }, () => client.getAccount()));
  expect(await errorOf(client.createApiKey(LIVE))).toMatchObject({ kind: "connection", effect: "unknown" });
  expect(await client.getAccount()).toMatchObject({ id: "acc_1" });
  expect(server.posts).toEqual([{ connection: expect.any(Number) as unknown, used: true }]);
});
