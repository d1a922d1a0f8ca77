import { randomBytes } from "node:crypto";
import { systemClock, type Clock } from "@signatureapi-keys/management-api";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Session } from "./session.ts";
import { ACCOUNT, impatientClock, startWorld, TOKEN, type World } from "./testing/world.ts";

/** A session as a new process has it. */
function sessionOf(
  world: World,
  config: Readonly<Record<string, string>> = {},
  clock: Clock = impatientClock,
): Session {
  const values: Record<string, string> = { "signatureapi:baseUrl": world.emulator.url, ...config };
  return new Session((name) => values[name], {
    now: () => Date.now(),
    wait: () => Promise.resolve(),
    randomBytes,
    engineListens: () => Promise.resolve(true),
    clock,
    warn: () => undefined,
    env: { SIGNATUREAPI_MANAGEMENT_TOKEN: TOKEN },
  });
}

test("an API that hangs is asked for a short time, and once for all resources of a preview", async () => {
  const world = await startWorld();
  await world.up({});
  world.emulator.admin.addFault({
    match: { operation: "getAccount" },
    times: 50,
    fault: { kind: "reset" },
  });
  world.emulator.admin.clearRequests();
  const previews = await world.previews({}, 3);
  expect(previews).toEqual([false, false, false]);
  // One call and its retries.
  expect(world.emulator.admin.counters()["getAccount"]).toBeLessThanOrEqual(6);
});

describe("a look", () => {
  test("asks for the account and its keys once", async () => {
    const world = await startWorld();
    const id = world.leave("x");
    const session = sessionOf(world, { "signatureapi:providerName": "sales" });
    for (const look of [await session.look(ACCOUNT), await session.look(ACCOUNT)]) {
      expect(look).toMatchObject({ providerName: "sales", accountId: ACCOUNT });
      expect([...(look.keys ?? [])]).toMatchObject([[id, { id }]]);
    }
    // What it has seen serves what follows.
    expect(await session.account()).toMatchObject({ id: ACCOUNT });
    expect([...(await session.keys()).keys()]).toEqual([id]);
    expect(world.emulator.admin.counters()).toEqual({ getAccount: 1, listApiKeys: 1 });
  });

  test("does not list the keys of another account than the state's", async () => {
    const world = await startWorld();
    expect(await sessionOf(world).look("acc_2")).toEqual({ providerName: "", accountId: ACCOUNT });
    expect(world.emulator.admin.counters()).toEqual({ getAccount: 1 });
  });

  test("names no keys where the account cannot be listed", async () => {
    const world = await startWorld();
    world.fail("listApiKeys", 422);
    const session = sessionOf(world);
    expect(await session.look(ACCOUNT)).toEqual({ providerName: "", accountId: ACCOUNT });
    // What was not seen serves nothing.
    world.emulator.admin.clearFaults();
    expect(await session.keys()).toEqual(new Map());
  });

  test("names no account where the API does not answer, and does not ask for keys", async () => {
    const world = await startWorld();
    world.fail("getAccount", 422);
    expect(await sessionOf(world).look(ACCOUNT)).toEqual({ providerName: "" });
    expect(world.emulator.admin.counters()).toEqual({ getAccount: 1 });
  });
});

describe("a look does not wait longer than ten seconds", () => {
  test("for the account", async () => {
    const world = await startWorld();
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(AbortSignal.abort());
    onTestFinished(() => timeout.mockRestore());
    expect(await sessionOf(world).look(ACCOUNT)).toEqual({ providerName: "" });
    expect(timeout.mock.calls).toEqual([[10_000]]);
  });

  test("for the keys", async () => {
    const world = await startWorld();
    const session = sessionOf(world);
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValueOnce(new AbortController().signal);
    timeout.mockReturnValueOnce(AbortSignal.abort());
    onTestFinished(() => timeout.mockRestore());
    expect(await session.look(ACCOUNT)).toEqual({ providerName: "", accountId: ACCOUNT });
    expect(timeout.mock.calls).toEqual([[10_000], [10_000]]);
  });
});

test("requests are timed by the clock of the process", async () => {
  const world = await startWorld();
  const schedule = vi.fn<Clock["schedule"]>(systemClock.schedule.bind(systemClock));
  await sessionOf(world, {}, { now: () => systemClock.now(), schedule }).account();
  expect(schedule).toHaveBeenCalled();
});

test("a failure to get the account or the keys is not remembered", async () => {
  const world = await startWorld();
  const session = sessionOf(world);
  const { admin } = world.emulator;
  const fault = { kind: "status", status: 422 } as const;
  admin.addFault({ match: { operation: "getAccount" }, fault });
  admin.addFault({ match: { operation: "listApiKeys" }, fault });
  await expect(session.account()).rejects.toThrow("getAccount");
  await expect(session.keys()).rejects.toThrow("listApiKeys");
  expect(await session.account()).toMatchObject({ id: ACCOUNT });
  expect(await session.keys()).toEqual(new Map());
});

test("account and keys are asked for once in a process", async () => {
  const world = await startWorld();
  const session = sessionOf(world);
  await Promise.all([session.account(), session.account(), session.keys(), session.keys()]);
  await session.verifiedAccount(ACCOUNT);
  expect(world.emulator.admin.counters()).toEqual({ getAccount: 1, listApiKeys: 1 });
});

test("another account than the recorded one is refused", async () => {
  const session = sessionOf(await startWorld());
  await expect(session.verifiedAccount("acc_2")).rejects.toThrow("AccountChanged");
});

test("a key that does not exist is none, and any other failure is one", async () => {
  const world = await startWorld();
  const session = sessionOf(world);
  const id = world.leave("x");
  expect(await session.find("ak_nothing")).toBeUndefined();
  expect(await session.find(id)).toMatchObject({ id });
  world.fail("getApiKey", 422);
  await expect(session.find(id)).rejects.toThrow("getApiKey");
});

test("as many mints run at a time as requests in a second, rounded up", async () => {
  const session = sessionOf(await startWorld(), { "signatureapi:requestsPerSecond": "1.5" });
  let running = 0;
  const held = Promise.withResolvers<void>();
  const mints = [1, 2, 3].map(() =>
    session.mints.take(() => {
      running += 1;
      return held.promise;
    }),
  );
  await Promise.resolve();
  expect(running).toBe(2);
  held.resolve();
  await Promise.all(mints);
  expect(running).toBe(3);
});

test("a management token that cannot be sent is refused, and not repeated", async () => {
  const world = await startWorld();
  const token = "token\nwith a break";
  const failure = await Promise.resolve()
    .then(() => sessionOf(world, { "signatureapi:providerToken": token }))
    .catch(String);
  expect(failure).toMatch(/^ProviderError: .*token/);
  expect(failure).not.toContain("with a break");
});
