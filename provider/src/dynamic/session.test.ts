import { randomBytes } from "node:crypto";
import { systemClock, type Clock } from "@signatureapi-keys/management-api";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Session } from "./session.ts";
import { ACCOUNT, impatientClock, startBench, TOKEN, type Bench } from "./testing/bench.ts";

/** A session as a new process has it. */
function sessionOf(
  bench: Bench,
  config: Readonly<Record<string, string>> = {},
  clock: Clock = impatientClock,
): Session {
  const values: Record<string, string> = { "signatureapi:baseUrl": bench.emulator.url, ...config };
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
  const bench = await startBench();
  await bench.up({});
  bench.emulator.admin.addFault({
    match: { operation: "getAccount" },
    times: 50,
    fault: { kind: "reset" },
  });
  bench.emulator.admin.clearRequests();
  const previews = await bench.previews({}, 3);
  expect(previews).toEqual([false, false, false]);
  // One call and its retries.
  expect(bench.emulator.admin.counters()["getAccount"]).toBeLessThanOrEqual(6);
});

describe("a look", () => {
  test("asks for the account once, and for keys only where some are unrecorded", async () => {
    const bench = await startBench();
    const session = sessionOf(bench, { "signatureapi:providerName": "sales" });
    const expected = { providerName: "sales", accountId: ACCOUNT };
    expect(await session.look([])).toEqual(expected);
    expect(await session.look([])).toEqual(expected);
    // What it has seen serves what follows.
    expect(await session.account()).toMatchObject({ id: ACCOUNT });
    expect(bench.emulator.admin.counters()).toEqual({ getAccount: 1 });
  });

  test("names the unrecorded keys that still work, with one listing", async () => {
    const bench = await startBench();
    const id = bench.leave("x");
    const session = sessionOf(bench);
    expect(await session.look([id, "ak_gone"])).toMatchObject({ unrecorded: [id] });
    expect(await session.look(["ak_gone"])).toMatchObject({ unrecorded: [] });
    expect(bench.emulator.admin.counters()).toMatchObject({ listApiKeys: 1 });
  });

  test("names no unrecorded keys where the account cannot be listed", async () => {
    const bench = await startBench();
    bench.fail("listApiKeys", 422);
    expect(await sessionOf(bench).look(["ak_1"])).toEqual({ providerName: "", accountId: ACCOUNT });
  });

  test("names no account where the API does not answer, and does not ask for keys", async () => {
    const bench = await startBench();
    bench.fail("getAccount", 422);
    expect(await sessionOf(bench).look(["ak_1"])).toEqual({ providerName: "" });
    expect(bench.emulator.admin.counters()).toEqual({ getAccount: 1 });
  });
});

describe("a look does not wait longer than ten seconds", () => {
  test("for the account", async () => {
    const bench = await startBench();
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(AbortSignal.abort());
    onTestFinished(() => timeout.mockRestore());
    expect(await sessionOf(bench).look(["ak_1"])).toEqual({ providerName: "" });
    expect(timeout.mock.calls).toEqual([[10_000]]);
  });

  test("for the keys", async () => {
    const bench = await startBench();
    const session = sessionOf(bench);
    await session.look([]);
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(AbortSignal.abort());
    onTestFinished(() => timeout.mockRestore());
    expect(await session.look(["ak_1"])).toEqual({ providerName: "", accountId: ACCOUNT });
    expect(timeout.mock.calls).toEqual([[10_000]]);
  });
});

test("requests are timed by the clock of the process", async () => {
  const bench = await startBench();
  const schedule = vi.fn<Clock["schedule"]>(systemClock.schedule.bind(systemClock));
  await sessionOf(bench, {}, { now: () => systemClock.now(), schedule }).account();
  expect(schedule).toHaveBeenCalled();
});

test("a failure to get the account or the keys is not remembered", async () => {
  const bench = await startBench();
  const session = sessionOf(bench);
  const { admin } = bench.emulator;
  const fault = { kind: "status", status: 422 } as const;
  admin.addFault({ match: { operation: "getAccount" }, fault });
  admin.addFault({ match: { operation: "listApiKeys" }, fault });
  await expect(session.account()).rejects.toThrow("getAccount");
  await expect(session.keys()).rejects.toThrow("listApiKeys");
  expect(await session.account()).toMatchObject({ id: ACCOUNT });
  expect(await session.keys()).toEqual(new Map());
});

test("account and keys are asked for once in a process", async () => {
  const bench = await startBench();
  const session = sessionOf(bench);
  await Promise.all([session.account(), session.account(), session.keys(), session.keys()]);
  await session.verifiedAccount(ACCOUNT);
  expect(bench.emulator.admin.counters()).toEqual({ getAccount: 1, listApiKeys: 1 });
});

test("another account than the recorded one is refused", async () => {
  const session = sessionOf(await startBench());
  await expect(session.verifiedAccount("acc_2")).rejects.toThrow("AccountChanged");
});

test("a key that does not exist is none, and any other failure is one", async () => {
  const bench = await startBench();
  const session = sessionOf(bench);
  const id = bench.leave("x");
  expect(await session.find("ak_nothing")).toBeUndefined();
  expect(await session.find(id)).toMatchObject({ id });
  bench.fail("getApiKey", 422);
  await expect(session.find(id)).rejects.toThrow("getApiKey");
});

test("as many mints run at a time as requests in a second, rounded up", async () => {
  const session = sessionOf(await startBench(), { "signatureapi:requestsPerSecond": "1.5" });
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
  const bench = await startBench();
  const token = "token\nwith a break";
  const failure = await Promise.resolve()
    .then(() => sessionOf(bench, { "signatureapi:providerToken": token }))
    .catch(String);
  expect(failure).toMatch(/^ProviderError: .*token/);
  expect(failure).not.toContain("with a break");
});
