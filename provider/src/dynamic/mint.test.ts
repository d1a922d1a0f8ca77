import { describe, expect, test } from "vitest";
import { keysOfAttempt, testKeyExists } from "./mint.ts";
import { ACCOUNT, startWorld, TOKEN } from "./testing/world.ts";
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
  const world = await startWorld();
  world.engineListens = () => false;
  await expect(world.up({})).rejects.toThrow("engine is gone");
  expect(world.emulator.admin.keys()).toEqual([]);
});

test("a key carries an unconfirmed tag until the last look at the engine", async () => {
  const world = await startWorld();
  const seen: string[] = [];
  world.engineListens = () => {
    seen.push(...world.active().map((id) => world.description(id)));
    return true;
  };
  await world.up({});
  expect(seen).toEqual([`${world.description(world.keyId).slice(0, -1)}?]`]);
});

test("another key is minted when the first one was revoked by something else before it was confirmed", async () => {
  const world = await startWorld();
  let first = "";
  world.engineListens = () => {
    const [minted] = world.active();
    if (first !== "" || minted === undefined) return true;
    first = minted;
    world.emulator.admin.revokeKey(ACCOUNT, minted);
    return true;
  };
  await world.up({});
  expect(world.active()).toEqual([world.keyId]);
  expect(world.keyId).not.toBe(first);
});

test("the mint gives up when each of three keys was revoked before it was confirmed", async () => {
  const world = await startWorld();
  world.engineListens = () => {
    for (const minted of world.active()) world.emulator.admin.revokeKey(ACCOUNT, minted);
    return true;
  };
  await expect(world.up({})).rejects.toThrow("Each of 3 new keys was revoked by something else");
  expect(world.emulator.admin.counters()).toMatchObject({ createApiKey: 3 });
  expect(world.state).toBeUndefined();
});

test("a lost answer leaves no key, is reported, and the next update makes one", async () => {
  const world = await startWorld();
  world.emulator.admin.addFault({
    match: { operation: "createApiKey" },
    when: "after",
    fault: { kind: "reset" },
  });
  await expect(world.up({})).rejects.toThrow(/not known whether a key was minted.*Run pulumi up again/s);
  expect(world.active()).toEqual([]);
  await world.up({});
  expect(world.active()).toEqual([world.keyId]);
});

test("after a lost answer only the key of that very request is revoked", async () => {
  const world = await startWorld();
  const confirmed = world.leave(tagged());
  const { admin } = world.emulator;
  admin.addFault({ match: { operation: "createApiKey" }, when: "after", fault: { kind: "reset" } });
  // Another process mints for the same resource at this moment.
  let unconfirmed = "";
  world.engineListens = () => {
    unconfirmed ||= world.leave(tagged({ attempt: "bbbbbbbb", unconfirmed: true }));
    return true;
  };
  await expect(world.up({})).rejects.toThrow("not known whether a key was minted");
  expect(world.active()).toEqual([confirmed, unconfirmed]);
  expect(admin.keys()).toHaveLength(3);
});

test("a lost answer is reported also where the account cannot be listed afterwards", async () => {
  const world = await startWorld();
  const { admin } = world.emulator;
  admin.addFault({ match: { operation: "createApiKey" }, when: "after", fault: { kind: "reset" } });
  world.engineListens = () => {
    world.fail("listApiKeys", 503);
    return true;
  };
  await expect(world.up({})).rejects.toThrow(
    /not known whether a key was minted.*createApiKey.*the next pulumi up/s,
  );
  expect(world.active()).toHaveLength(1);
});

test("a refusal says what to do, and that nothing was minted", async () => {
  const world = await startWorld({ accounts: [{ id: ACCOUNT, token: TOKEN, liveMode: "disabled" }] });
  await expect(world.up({})).rejects.toThrow(/No key was minted.*Upgrade the account/s);
  expect(world.state).toBeUndefined();
});

test("a second test key is refused with the ID of the one that exists", async () => {
  const world = await startWorld();
  const { id } = world.emulator.admin.createKey(ACCOUNT, { mode: "test", description: "by hand" });
  await expect(world.up({ mode: "test" })).rejects.toThrow(`adopt: { keyId: "${id}" }`);
});

test("a second test key is refused also where the account cannot be listed", async () => {
  const world = await startWorld();
  world.emulator.admin.createKey(ACCOUNT, { mode: "test", description: "by hand" });
  world.engineListens = () => {
    world.fail("listApiKeys", 503);
    return true;
  };
  await expect(world.up({ mode: "test" })).rejects.toThrow("No key was minted. An account has one test key");
});

test("an API that drops tags mints nothing that stays", async () => {
  const world = await startWorld();
  world.emulator.admin.addFault({
    match: { operation: "createApiKey" },
    fault: { kind: "rewrite-description", description: "cut" },
  });
  await expect(world.up({})).rejects.toThrow("TagNotPreserved");
  expect(world.active()).toEqual([]);
});

test.each([
  ["another stack", { installation: "f".repeat(10) }],
  ["another resource", { owner: "f".repeat(16) }],
  ["another attempt of this resource", { attempt: "bbbbbbbb" }],
])("an answer about a key of %s is not used, and that key is not revoked", async (_whose, tag) => {
  const world = await startWorld();
  const { admin } = world.emulator;
  const { key, ...other } = admin.createKey(ACCOUNT, { mode: "live", description: tagged(tag) });
  const text = JSON.stringify({ ...other, key });
  admin.addFault({
    match: { operation: "createApiKey" },
    when: "after",
    fault: { kind: "status", status: 201, body: "text", text, contentType: "application/json" },
  });
  const failure = await world.up({}).catch(String);
  expect(failure).toContain(`The answer is about another key, ${other.id}.`);
  expect(failure).not.toContain(key);
  expect(world.state).toBeUndefined();
  expect(world.active()).toEqual([other.id]);
});

test("a key that cannot be traced and cannot be revoked is named", async () => {
  const world = await startWorld();
  const { admin } = world.emulator;
  admin.addFault({
    match: { operation: "createApiKey" },
    fault: { kind: "rewrite-description", description: "cut" },
  });
  admin.addFault({ match: { operation: "revokeApiKey" }, fault: { kind: "status", status: 422 } });
  const failure = await world.up({}).catch(String);
  expect(failure).toContain(`Key ${world.active().join()} could not be revoked: do it in the dashboard`);
});

test("a mint goes on after the API has refused for its rate limit, which has no effect", async () => {
  const world = await startWorld();
  world.emulator.admin.addFault({
    match: { operation: "createApiKey" },
    fault: { kind: "status", status: 429 },
  });
  await world.up({});
  expect(world.active()).toEqual([world.keyId]);
  expect(world.emulator.admin.counters()).toMatchObject({ createApiKey: 2 });
});

test("no more mints begin at a time than can be confirmed in time", async () => {
  const world = await startWorld();
  world.requestsPerSecond = "4";
  const { admin } = world.emulator;
  admin.addFault({ match: { operation: "updateApiKey" }, times: 4, fault: { kind: "hold" } });
  const created = world.createMany(6);
  await admin.waitForRequests({ operation: "updateApiKey" }, 4);
  expect(admin.counters()).toMatchObject({ createApiKey: 4, updateApiKey: 4 });
  admin.clearFaults();
  await created;
  expect(world.active()).toHaveLength(6);
});

test("the key that an unusable answer names is revoked at once, also where the list lags behind", async () => {
  const world = await startWorld({ listLagMs: 60_000 });
  world.emulator.admin.addFault({
    match: { operation: "createApiKey" },
    fault: { kind: "wrong-mode" },
  });
  await expect(world.up({})).rejects.toThrow("not known whether a key was minted");
  expect(world.emulator.admin.keys()).toMatchObject([{ status: "revoked" }]);
});
