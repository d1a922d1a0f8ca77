import { formatTag } from "@signatureapi-keys/lifecycle";
import { describe, expect, test } from "vitest";
import { BOOTSTRAP } from "../program/bootstrap.ts";
import { ACCOUNT, IDENTITY, startBench, type Bench } from "./testing/world.ts";
import { unwrapSecret } from "./wire.ts";

const unconfirmed = (attempt: string): string =>
  `Checkout service ${formatTag({ ...IDENTITY, revision: 1, attempt, unconfirmed: true })}`;
const confirmed = (attempt: string): string =>
  `Checkout service ${formatTag({ ...IDENTITY, revision: 1, attempt })}`;

const retained = (trigger: string) => ({
  deletionPolicy: "Retain",
  rotation: { trigger, overlap: "24h" },
});

function leave(bench: Bench, description: string): string {
  return bench.emulator.admin.createKey(ACCOUNT, { mode: "live", description }).id;
}

describe("create", () => {
  test("mints one key, unconfirmed first, and confirms it as the last thing", async () => {
    const bench = await startBench();
    const outputs = await bench.up({});
    expect(bench.emulator.admin.counters()).toEqual({
      getAccount: 1,
      listApiKeys: 1,
      createApiKey: 1,
      updateApiKey: 1,
    });
    expect(bench.emulator.admin.requests().at(-1)?.operation).toBe("updateApiKey");
    expect(bench.description(bench.keyId)).toMatch(
      /^Checkout service \[ak:0123456789\.0123456789abcdef:1:[a-z2-7]{8}\]$/,
    );
    expect(outputs).toMatchObject({
      revision: 1,
      status: "active",
      mode: "live",
      previous: [],
      suspects: [],
    });
    expect(String(unwrapSecret(outputs["key"]))).toMatch(/^key_live_/);
    expect(outputs["key"]).toHaveProperty("4dabf18193072939515e22adb298388d");
  });

  test("revokes an old unconfirmed key of this resource, and nobody else's", async () => {
    const bench = await startBench();
    leave(bench, unconfirmed("aaaaaaaa"));
    const other = leave(
      bench,
      `x ${formatTag({ ...IDENTITY, owner: "f".repeat(16), revision: 1, attempt: "bbbbbbbb", unconfirmed: true })}`,
    );
    const byHand = leave(bench, "made by hand");
    bench.advance(1);
    await bench.up({});
    expect(bench.active()).toEqual([other, byHand, bench.keyId]);
    expect(bench.waits).toEqual([]);
  });

  test("waits for a young unconfirmed key, and leaves it alone if it is confirmed meanwhile", async () => {
    const bench = await startBench();
    const young = leave(bench, unconfirmed("aaaaaaaa"));
    bench.onWait = () => bench.describe(young, confirmed("aaaaaaaa"));
    const outputs = await bench.up({});
    expect(bench.waits).toHaveLength(1);
    expect(bench.waits[0]).toBeGreaterThan(30_000);
    expect(bench.active()).toEqual([young, bench.keyId]);
    expect(outputs["suspects"]).toMatchObject([{ keyId: young }]);
  });

  test("names a confirmed key that the state does not know, and never revokes it", async () => {
    const bench = await startBench();
    const suspect = leave(bench, confirmed("aaaaaaaa"));
    bench.advance(24);
    const outputs = await bench.up({});
    expect(outputs["suspects"]).toMatchObject([{ keyId: suspect }]);
    expect(bench.active()).toEqual([suspect, bench.keyId]);
  });

  test("mints nothing for an engine that is gone", async () => {
    const bench = await startBench();
    bench.engineListens = () => false;
    await expect(bench.up({})).rejects.toThrow("engine is gone");
    expect(bench.emulator.admin.keys()).toEqual([]);
  });

  test("revokes what it minted when the engine goes away before the confirmation", async () => {
    const bench = await startBench();
    bench.engineListens = () => bench.active().length === 0;
    await expect(bench.up({})).rejects.toThrow("engine is gone");
    expect(bench.emulator.admin.keys()).toMatchObject([{ status: "revoked" }]);
  });

  test("mints again when somebody revoked the key before it was confirmed", async () => {
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

  test("a lost answer leaves no key, is said, and the next update makes one", async () => {
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

  test("a refusal says what to do, and that nothing was minted", async () => {
    const bench = await startBench({
      accounts: [{ id: ACCOUNT, token: "token-of-the-test-account", liveMode: "disabled" }],
    });
    await expect(bench.up({})).rejects.toThrow(/No key was minted.*Upgrade the account/s);
    expect(bench.state).toBeUndefined();
  });

  test("a second test key names the one that there is", async () => {
    const bench = await startBench();
    const { id } = bench.emulator.admin.createKey(ACCOUNT, { mode: "test", description: "by hand" });
    await expect(bench.up({ mode: "test" })).rejects.toThrow(`adopt: { keyId: "${id}" }`);
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

  test("a key whose confirmation does not stand is revoked: a later sweep would take it for a leftover", async () => {
    const bench = await startBench();
    bench.emulator.admin.addFault({
      match: { operation: "updateApiKey" },
      fault: { kind: "rewrite-description", description: unconfirmed("aaaaaaaa") },
    });
    await expect(bench.up({})).rejects.toThrow(/TagNotPreserved.*was revoked/s);
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

  test("goes on after the API has refused for its rate limit, which has no effect", async () => {
    const bench = await startBench();
    bench.emulator.admin.addFault({
      match: { operation: "createApiKey" },
      fault: { kind: "status", status: 429 },
    });
    await bench.up({});
    expect(bench.active()).toEqual([bench.keyId]);
    expect(bench.emulator.admin.counters()).toMatchObject({ createApiKey: 2 });
  });

  test("begins no more mints at a time than it can confirm in time", async () => {
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

  test("revokes at once the key that an unusable answer names, also where the list lags behind", async () => {
    const bench = await startBench({ listLagMs: 60_000 });
    bench.emulator.admin.addFault({
      match: { operation: "createApiKey" },
      fault: { kind: "wrong-mode" },
    });
    await expect(bench.up({})).rejects.toThrow("not known whether a key was minted");
    expect(bench.emulator.admin.keys()).toMatchObject([{ status: "revoked" }]);
  });

  test("a key of the other mode is refused before it is adopted", async () => {
    const bench = await startBench();
    const { id, key } = bench.emulator.admin.createKey(ACCOUNT, { mode: "test", description: "by hand" });
    await expect(bench.up({ adopt: { keyId: id, key } })).rejects.toThrow(
      "mode: mode live is declared, and adopt.key is not the value of a live key",
    );
    expect(bench.emulator.admin.requests()).toEqual([]);
  });

  test("keeps a key whose confirmation is not known, and the next update confirms it", async () => {
    const bench = await startBench();
    bench.emulator.admin.addFault({
      match: { operation: "updateApiKey" },
      times: 50,
      fault: { kind: "reset" },
    });
    await expect(bench.up({})).rejects.toThrow("not known whether the new key");
    expect(bench.outputs).toMatchObject({ status: "unconfirmed", __provider: BOOTSTRAP });
    bench.emulator.admin.clearFaults();
    const before = bench.keyId;
    const outputs = await bench.up({});
    expect(outputs).toMatchObject({ status: "active", keyId: before });
    expect(bench.description(before)).not.toContain("?]");
    expect(bench.active()).toEqual([before]);
  });
});

describe("rotation", () => {
  const rotation = { every: "90d", overlap: "24h" };

  test("is announced in the preview and mints before it revokes", async () => {
    const bench = await startBench();
    await bench.up({ rotation });
    const first = bench.keyId;
    expect((await bench.preview({ rotation })).changes).toBe(false);
    bench.advance(90 * 24 + 1);
    expect(await bench.preview({ rotation })).toMatchObject({
      inputs: { generation: 2 },
      changes: true,
      replaces: [],
    });
    await bench.up({ rotation });
    const second = bench.keyId;
    expect(bench.active()).toEqual([first, second]);
    expect(bench.outputs["previous"]).toMatchObject([{ keyId: first }]);
    expect((await bench.preview({ rotation })).changes).toBe(false);
    bench.advance(26);
    expect(await bench.preview({ rotation })).toMatchObject({
      inputs: { generation: 2, retiredGeneration: 1 },
      changes: true,
    });
    await bench.up({ rotation });
    expect(bench.active()).toEqual([second]);
    expect(bench.outputs["previous"]).toEqual([]);
    expect((await bench.preview({ rotation })).changes).toBe(false);
  });

  test("happens once when the update fails after the mint, and the state keeps the new key", async () => {
    const bench = await startBench();
    const now = { overlap: "0s", trigger: "a" };
    await bench.up({ rotation: now });
    bench.emulator.admin.addFault({
      match: { operation: "revokeApiKey" },
      times: 50,
      fault: { kind: "status", status: 503 },
    });
    await expect(bench.up({ rotation: { ...now, trigger: "b" } })).rejects.toThrow("503");
    const second = bench.keyId;
    expect(bench.outputs).toMatchObject({ revision: 2, status: "active" });
    bench.emulator.admin.clearFaults();
    await bench.up({ rotation: { ...now, trigger: "b" } });
    expect(bench.keyId).toBe(second);
    expect(bench.active()).toEqual([second]);
  });

  test("revokes no old key when the engine is gone that would have taken the new one", async () => {
    const bench = await startBench();
    await bench.up({ rotation: { overlap: "0s", trigger: "a" } });
    const first = bench.keyId;
    bench.engineListens = () =>
      !bench.active().some((id) => id !== first && !bench.description(id).includes("?]"));
    await expect(bench.up({ rotation: { overlap: "0s", trigger: "b" } })).rejects.toThrow("was not revoked");
    expect(bench.active()).toContain(first);
  });

  test("is not lost when a half-done one is taken back and declared again", async () => {
    const bench = await startBench();
    const a = { overlap: "0s", trigger: "a" };
    await bench.up({ rotation: a });
    bench.emulator.admin.addFault({
      match: { operation: "revokeApiKey" },
      times: 50,
      fault: { kind: "status", status: 503 },
    });
    await expect(bench.up({ rotation: { ...a, trigger: "b" } })).rejects.toThrow("503");
    bench.emulator.admin.clearFaults();
    await bench.up({ rotation: a });
    const second = bench.keyId;
    await bench.up({ rotation: { ...a, trigger: "c" } });
    expect(bench.keyId).not.toBe(second);
    expect(bench.outputs).toMatchObject({ revision: 3 });
    expect(bench.active()).toEqual([bench.keyId]);
  });

  test("a trigger at every update piles no keys up", async () => {
    const bench = await startBench();
    for (let run = 0; run < 6; run += 1) {
      await bench.up({ rotation: { trigger: `run ${run}`, overlap: "1h" } });
      bench.advance(3);
    }
    expect(bench.active()).toHaveLength(2);
  });

  test("rolls a test key, which keeps its ID", async () => {
    const bench = await startBench();
    const args = { mode: "test", rotation: { trigger: "a" } };
    const before = await bench.up(args);
    const after = await bench.up({ ...args, rotation: { trigger: "b" } });
    expect(after["keyId"]).toBe(before["keyId"]);
    expect(after["fingerprint"]).not.toBe(before["fingerprint"]);
    expect(after).toMatchObject({ revision: 2, previous: [] });
  });

  test("rolls once more after a roll whose answer was lost", async () => {
    const bench = await startBench();
    const args = { mode: "test", rotation: { trigger: "a" } };
    await bench.up(args);
    bench.emulator.admin.addFault({
      match: { operation: "rollApiKey" },
      when: "after",
      fault: { kind: "reset" },
    });
    await expect(bench.up({ ...args, rotation: { trigger: "b" } })).rejects.toThrow("not known whether key");
    expect(bench.outputs).toMatchObject({ status: "rolling" });
    const outputs = await bench.up({ ...args, rotation: { trigger: "b" } });
    const live = bench.emulator.admin.keys().find(({ id }) => id === bench.keyId);
    expect(outputs).toMatchObject({ status: "active", hint: live?.hint });
  });

  test("ignoreChanges of everything does not stop a scheduled rotation", async () => {
    const bench = await startBench();
    await bench.up({ rotation });
    bench.advance(90 * 24 + 1);
    const copied = { ...bench.state?.inputs };
    expect((await bench.preview(copied)).inputs).toMatchObject({ generation: 2 });
  });

  test("an unknown rotation shows no other time than before", async () => {
    const bench = await startBench();
    await bench.up({ rotation });
    const { rotateAt } = bench.state?.inputs ?? {};
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    expect((await bench.preview({ rotation: unknown })).inputs).toMatchObject({
      rotateAt,
      generation: unknown,
    });
  });

  test("an unknown trigger updates and does not replace", async () => {
    const bench = await startBench();
    await bench.up({ rotation: { trigger: "a" } });
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    expect(await bench.preview({ mode: unknown, rotation: { trigger: unknown } })).toMatchObject({
      changes: true,
      replaces: [],
      inputs: { generation: unknown },
    });
  });
});

describe("drift", () => {
  test("a suspect that is gone is forgotten at the next update, and one that is there changes nothing", async () => {
    const bench = await startBench();
    const suspect = leave(bench, confirmed("aaaaaaaa"));
    await bench.up({});
    expect((await bench.preview({})).changes).toBe(false);
    bench.emulator.admin.revokeKey(ACCOUNT, suspect);
    expect((await bench.preview({})).changes).toBe(true);
    expect(await bench.up({})).toMatchObject({ suspects: [] });
    expect((await bench.preview({})).changes).toBe(false);
  });

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

  test("a key that was revoked behind our back is replaced after a refresh", async () => {
    const bench = await startBench();
    await bench.up({});
    const first = bench.keyId;
    bench.emulator.admin.revokeKey(ACCOUNT, first);
    expect(await bench.refresh()).toMatchObject({ status: "revoked", keyId: first });
    await bench.up({});
    expect(bench.active()).toEqual([bench.keyId]);
  });

  test("a description edited in the dashboard loses nothing", async () => {
    const bench = await startBench();
    await bench.up({});
    await bench.describe(bench.keyId, "edited by hand");
    expect(await bench.refresh()).toMatchObject({ status: "active" });
    expect((await bench.preview({})).changes).toBe(false);
    await bench.destroy();
    expect(bench.active()).toEqual([]);
  });

  test("a token of another account is refused, in a preview too", async () => {
    const bench = await startBench({
      accounts: [
        { id: ACCOUNT, token: "token-of-the-test-account" },
        { id: "acc_other", token: "token-of-another-account" },
      ],
    });
    await bench.up({});
    bench.token = "token-of-another-account";
    await expect(bench.preview({})).rejects.toThrow("AccountChanged");
    await expect(bench.up({ description: "Another" })).rejects.toThrow("AccountChanged");
    bench.providerName = "other";
    expect(await bench.preview({})).toMatchObject({ replaces: ["accountId"] });
    bench.providerName = undefined;
    await expect(bench.refresh()).rejects.toThrow("AccountChanged");
    await expect(bench.destroy()).rejects.toThrow("AccountChanged");
    expect(bench.active()).toHaveLength(1);
  });
});

describe("replacement and deletion", () => {
  test("a replacement makes the new key first, suspects nobody, and revokes the old one", async () => {
    const bench = await startBench();
    await bench.up({});
    const first = bench.keyId;
    const outputs = await bench.up({}, { replace: true });
    expect(outputs["suspects"]).toEqual([]);
    expect(bench.active()).toEqual([bench.keyId]);
    expect(bench.keyId).not.toBe(first);
  });

  test("a replacement names a key that the state does not know, and not the one that it replaces", async () => {
    const bench = await startBench();
    await bench.up({ mode: "test" });
    const stray = leave(bench, confirmed("aaaaaaaa"));
    const outputs = await bench.up({ mode: "live" });
    expect(outputs["suspects"]).toMatchObject([{ keyId: stray }]);
  });

  test("a replacement that adopts the same key again keeps it", async () => {
    const bench = await startBench();
    const { id, key } = bench.emulator.admin.createKey(ACCOUNT, { mode: "live", description: "by hand" });
    await bench.up({ adopt: { keyId: id, key } });
    await bench.up({ adopt: { keyId: id, key } }, { replace: true });
    expect(bench.active()).toEqual([id]);
    expect(bench.warnings.join()).toContain("taken over");
  });

  test("mode replaces", async () => {
    const bench = await startBench();
    await bench.up({ mode: "test" });
    expect(await bench.preview({ mode: "live" })).toMatchObject({ replaces: ["mode"] });
  });

  test("deletes the present and the previous key, and a key that is gone already is no failure", async () => {
    const bench = await startBench();
    await bench.up({ rotation: { trigger: "a" } });
    const first = bench.keyId;
    await bench.up({ rotation: { trigger: "b" } });
    bench.emulator.admin.revokeKey(ACCOUNT, first);
    await bench.destroy();
    expect(bench.active()).toEqual([]);
  });

  test("never revokes a key that is tagged for somebody else by now", async () => {
    const bench = await startBench();
    await bench.up({});
    const { keyId } = bench;
    await bench.describe(
      keyId,
      `x ${formatTag({ ...IDENTITY, owner: "f".repeat(16), revision: 1, attempt: "aaaaaaaa" })}`,
    );
    await bench.destroy();
    expect(bench.active()).toEqual([keyId]);
    expect(bench.warnings.join()).toContain("ForeignKey");
  });

  test("Retain revokes a replaced key whose time is over, and names one that lives on", async () => {
    const bench = await startBench();
    await bench.up(retained("a"));
    const first = bench.keyId;
    await bench.up(retained("b"));
    const second = bench.keyId;
    bench.advance(20);
    await bench.up(retained("c"));
    bench.advance(6);
    await bench.destroy();
    const [, third = ""] = bench.active();
    expect(bench.active()).toEqual([second, third]);
    expect(bench.emulator.admin.keys().find(({ id }) => id === first)?.status).toBe("revoked");
    expect(bench.warnings.join()).toMatch(
      new RegExp(`Key ${third} is retained.*Also kept: ${second}, to be revoked at`),
    );
  });

  test("Retain keeps the key and takes its tag off", async () => {
    const bench = await startBench();
    await bench.up({ deletionPolicy: "Retain" });
    const { keyId } = bench;
    await bench.destroy();
    expect(bench.active()).toEqual([keyId]);
    expect(bench.description(keyId)).toBe("Checkout service");
  });
});

describe("adoption", () => {
  test("keeps the value that is given, and tags the key", async () => {
    const bench = await startBench();
    const { id, key } = bench.emulator.admin.createKey(ACCOUNT, { mode: "live", description: "by hand" });
    const outputs = await bench.up({ adopt: { keyId: id, key } });
    expect(unwrapSecret(outputs["key"])).toBe(key);
    expect(bench.description(id)).toMatch(/^Checkout service \[ak:/);
    expect(bench.emulator.admin.counters()).not.toHaveProperty("rollApiKey");
  });

  test("rolls a key whose value is not given", async () => {
    const bench = await startBench();
    const { id, key } = bench.emulator.admin.createKey(ACCOUNT, { mode: "live", description: "by hand" });
    const outputs = await bench.up({ adopt: { keyId: id } });
    expect(outputs["keyId"]).toBe(id);
    expect(unwrapSecret(outputs["key"])).not.toBe(key);
  });

  test.each([
    [
      "a wrong value",
      (id: string) => ({ keyId: id, key: "key_live_0000000000000000" }),
      "not the value of key",
    ],
    ["a key that does not exist", () => ({ keyId: "ak_nothing" }), "has no key ak_nothing"],
  ])("refuses %s, and changes nothing", async (_name, adopt, message) => {
    const bench = await startBench();
    const { id } = bench.emulator.admin.createKey(ACCOUNT, { mode: "live", description: "by hand" });
    await expect(bench.up({ adopt: adopt(id) })).rejects.toThrow(message);
    expect(bench.description(id)).toBe("by hand");
  });

  test("refuses a key that something else manages", async () => {
    const bench = await startBench();
    const id = leave(
      bench,
      `x ${formatTag({ installation: "f".repeat(10), owner: "f".repeat(16), revision: 1, attempt: "aaaaaaaa" })}`,
    );
    await expect(bench.up({ adopt: { keyId: id } })).rejects.toThrow("ForeignKey");
  });

  test("is refused later, when it would be ignored", async () => {
    const bench = await startBench();
    await bench.up({});
    await expect(bench.up({ adopt: { keyId: "ak_other" } })).rejects.toThrow(
      /^adopt\.keyId: adopt is obeyed/,
    );
  });
});

test("a key is looked up without its value", async () => {
  const bench = await startBench();
  const id = leave(bench, "made by hand");
  const found = await bench.lookUp(id);
  expect(found).toMatchObject({ keyId: id, mode: "live", description: "made by hand", status: "active" });
  expect(found).not.toHaveProperty("key");
});
