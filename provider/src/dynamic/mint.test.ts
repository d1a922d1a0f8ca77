import { describe, expect, test } from "vitest";
import { keysOfAttempt, testKeyExists } from "./mint.ts";
import { ACCOUNT, startBench, TOKEN } from "./testing/bench.ts";
import { apiKey, ATTEMPT, IDENTITY, tagged, taggedForAnother } from "./testing/fixtures.ts";

describe("the keys of one attempt", () => {
  test.each([
    ["an unconfirmed key with the attempt", tagged({ unconfirmed: true }), true],
    ["a confirmed key with the attempt", tagged(), true],
    ["another key of this resource", tagged({ attempt: "bbbbbbbb", unconfirmed: true }), false],
    ["another resource with the same attempt", taggedForAnother, false],
    ["a key made by hand", "made by hand", false],
  ])("%s", (_what, description, isOne) => {
    const ids = keysOfAttempt([apiKey({ id: "ak_1", description })], IDENTITY, ATTEMPT);
    expect([...ids]).toEqual(isOne ? ["ak_1"] : []);
  });

  test("are each named once, also where two answers showed one", () => {
    const twice = [apiKey({ id: "ak_1" }), apiKey({ id: "ak_1" }), apiKey({ id: "ak_2" })];
    expect([...keysOfAttempt(twice, IDENTITY, ATTEMPT)]).toEqual(["ak_1", "ak_2"]);
  });
});

test("a second test key is explained by the one that the listing shows, and no live key", () => {
  const keys = [apiKey({ id: "ak_live" }), apiKey({ id: "ak_test", mode: "test" })];
  expect(testKeyExists(keys)).toMatch(/already \(ak_test\).*adopt: \{ keyId: "ak_test" \}/);
  expect(testKeyExists([])).toMatch(/already \(not listed\).*adopt: \{ keyId: "<its ID>" \}/);
});

test("nothing is minted for an engine that is gone", async () => {
  const bench = await startBench();
  bench.engineListens = () => false;
  await expect(bench.up({})).rejects.toThrow("engine is gone");
  expect(bench.emulator.admin.keys()).toEqual([]);
});

test("a key carries an unconfirmed tag until the last look at the engine", async () => {
  const bench = await startBench();
  const seen: string[] = [];
  bench.engineListens = () => {
    seen.push(...bench.active().map((id) => bench.description(id)));
    return true;
  };
  await bench.up({});
  expect(seen).toEqual([`${bench.description(bench.keyId).slice(0, -1)}?]`]);
});

test("another key is minted when the first one was revoked by something else before it was confirmed", async () => {
  const bench = await startBench();
  let first = "";
  bench.engineListens = () => {
    const [minted] = bench.active();
    if (first !== "" || minted === undefined) return true;
    first = minted;
    bench.emulator.admin.revokeKey(ACCOUNT, minted);
    return true;
  };
  await bench.up({});
  expect(bench.active()).toEqual([bench.keyId]);
  expect(bench.keyId).not.toBe(first);
});

test("the mint gives up when each of three keys was revoked before it was confirmed", async () => {
  const bench = await startBench();
  bench.engineListens = () => {
    for (const minted of bench.active()) bench.emulator.admin.revokeKey(ACCOUNT, minted);
    return true;
  };
  await expect(bench.up({})).rejects.toThrow("Each of 3 new keys was revoked by something else");
  expect(bench.emulator.admin.counters()).toMatchObject({ createApiKey: 3 });
  expect(bench.state).toBeUndefined();
});

test("a lost answer leaves no key, is reported, and the next update makes one", async () => {
  const bench = await startBench();
  bench.emulator.admin.addFault({
    match: { operation: "createApiKey" },
    when: "after",
    fault: { kind: "reset" },
  });
  await expect(bench.up({})).rejects.toThrow(/not known whether a key was minted.*Run pulumi up again/s);
  expect(bench.active()).toEqual([]);
  await bench.up({});
  expect(bench.active()).toEqual([bench.keyId]);
});

test("after a lost answer only the key of that very request is revoked", async () => {
  const bench = await startBench();
  const confirmed = bench.leave(tagged());
  const { admin } = bench.emulator;
  admin.addFault({ match: { operation: "createApiKey" }, when: "after", fault: { kind: "reset" } });
  // Another process mints for the same resource at this moment.
  let unconfirmed = "";
  bench.engineListens = () => {
    unconfirmed ||= bench.leave(tagged({ attempt: "bbbbbbbb", unconfirmed: true }));
    return true;
  };
  await expect(bench.up({})).rejects.toThrow("not known whether a key was minted");
  expect(bench.active()).toEqual([confirmed, unconfirmed]);
  expect(admin.keys()).toHaveLength(3);
});

test("a lost answer is reported also where the account cannot be listed afterwards", async () => {
  const bench = await startBench();
  const { admin } = bench.emulator;
  admin.addFault({ match: { operation: "createApiKey" }, when: "after", fault: { kind: "reset" } });
  bench.engineListens = () => {
    bench.fail("listApiKeys", 503);
    return true;
  };
  await expect(bench.up({})).rejects.toThrow(
    /not known whether a key was minted.*createApiKey.*the next pulumi up/s,
  );
  expect(bench.active()).toHaveLength(1);
});

test("a refusal says what to do, and that nothing was minted", async () => {
  const bench = await startBench({ accounts: [{ id: ACCOUNT, token: TOKEN, liveMode: "disabled" }] });
  await expect(bench.up({})).rejects.toThrow(/No key was minted.*Upgrade the account/s);
  expect(bench.state).toBeUndefined();
});

test("a second test key is refused with the ID of the one that exists", async () => {
  const bench = await startBench();
  const { id } = bench.emulator.admin.createKey(ACCOUNT, { mode: "test", description: "by hand" });
  await expect(bench.up({ mode: "test" })).rejects.toThrow(`adopt: { keyId: "${id}" }`);
});

test("a second test key is refused also where the account cannot be listed", async () => {
  const bench = await startBench();
  bench.emulator.admin.createKey(ACCOUNT, { mode: "test", description: "by hand" });
  bench.engineListens = () => {
    bench.fail("listApiKeys", 503);
    return true;
  };
  await expect(bench.up({ mode: "test" })).rejects.toThrow("No key was minted. An account has one test key");
});

test("an API that drops tags mints nothing that stays", async () => {
  const bench = await startBench();
  bench.emulator.admin.addFault({
    match: { operation: "createApiKey" },
    fault: { kind: "rewrite-description", description: "cut" },
  });
  await expect(bench.up({})).rejects.toThrow("TagNotPreserved");
  expect(bench.active()).toEqual([]);
});

test("a key that cannot be traced and cannot be revoked is named", async () => {
  const bench = await startBench();
  const { admin } = bench.emulator;
  admin.addFault({
    match: { operation: "createApiKey" },
    fault: { kind: "rewrite-description", description: "cut" },
  });
  admin.addFault({ match: { operation: "revokeApiKey" }, fault: { kind: "status", status: 422 } });
  const failure = await bench.up({}).catch(String);
  expect(failure).toContain(`Key ${bench.active().join()} could not be revoked: do it in the dashboard`);
});

test("a mint goes on after the API has refused for its rate limit, which has no effect", async () => {
  const bench = await startBench();
  bench.emulator.admin.addFault({
    match: { operation: "createApiKey" },
    fault: { kind: "status", status: 429 },
  });
  await bench.up({});
  expect(bench.active()).toEqual([bench.keyId]);
  expect(bench.emulator.admin.counters()).toMatchObject({ createApiKey: 2 });
});

test("no more mints begin at a time than can be confirmed in time", async () => {
  const bench = await startBench();
  bench.requestsPerSecond = "4";
  const { admin } = bench.emulator;
  admin.addFault({ match: { operation: "updateApiKey" }, times: 4, fault: { kind: "hold" } });
  const created = bench.createMany(6);
  await admin.waitForRequests({ operation: "updateApiKey" }, 4);
  expect(admin.counters()).toMatchObject({ createApiKey: 4, updateApiKey: 4 });
  admin.clearFaults();
  await created;
  expect(bench.active()).toHaveLength(6);
});

test("the key that an unusable answer names is revoked at once, also where the list lags behind", async () => {
  const bench = await startBench({ listLagMs: 60_000 });
  bench.emulator.admin.addFault({
    match: { operation: "createApiKey" },
    fault: { kind: "wrong-mode" },
  });
  await expect(bench.up({})).rejects.toThrow("not known whether a key was minted");
  expect(bench.emulator.admin.keys()).toMatchObject([{ status: "revoked" }]);
});
