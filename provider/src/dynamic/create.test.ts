import { expect, test } from "vitest";
import { BOOTSTRAP } from "../program/bootstrap.ts";
import { firstOutputs, knownKeys, unrecordedAtCreate } from "./create.ts";
import { startBench } from "./testing/bench.ts";
import { IDENTITY, inputs, iso, minted, NOW, tagged, taggedForAnother } from "./testing/fixtures.ts";
import { unwrapSecret } from "./wire.ts";

const FOUND = [{ keyId: "ak_found", createdAt: iso(NOW) }];

test.each([
  ["nothing for a new resource", [], undefined, []],
  ["the key to adopt", [], "ak_adopted", ["ak_adopted"]],
  ["the keys that a replacement was shown", ["ak_1", "ak_2"], undefined, ["ak_1", "ak_2"]],
  ["only the key to adopt where the state's keys were not shown", "all", "ak_adopted", ["ak_adopted"]],
] as const)("a create takes no leftovers from %s", (_what, stated, adopted, known) => {
  expect(knownKeys(stated, adopted)).toEqual(known);
});

test("a create calls no key unrecorded where the state has keys that were not shown to it", () => {
  expect(unrecordedAtCreate("all", FOUND)).toEqual([]);
  expect(unrecordedAtCreate([], FOUND)).toEqual(FOUND);
});

test("the first outputs hold what is declared, what was minted, and the schedule of the inputs", () => {
  const rotateAt = iso(NOW);
  const context = { accountId: "acc_1", providerName: "sales", unrecordedKeys: FOUND };
  const declared = inputs({
    deletionPolicy: "Retain",
    schedule: { generation: 3, retiredGeneration: 2, rotateAt },
  });
  expect(firstOutputs(declared, minted(), context)).toEqual({
    ...IDENTITY,
    ...context,
    mode: "live",
    description: "Checkout service",
    deletionPolicy: "Retain",
    key: "key_live_fedcba9876549999",
    keyId: "ak_new",
    attempt: "cccccccc",
    fingerprint: minted().value.fingerprint,
    hint: "9999",
    createdAt: iso(NOW),
    status: "active",
    revision: 1,
    generation: 3,
    retiredGeneration: 2,
    nextRotationAt: rotateAt,
    previous: [],
  });
});

test("a create mints one key, unconfirmed first, and confirms it as the last thing", async () => {
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
    unrecordedKeys: [],
  });
  expect(String(unwrapSecret(outputs["key"]))).toMatch(/^key_live_/);
  expect(outputs["key"]).toHaveProperty("4dabf18193072939515e22adb298388d");
});

test("a create revokes an old unconfirmed key of this resource, and no key of anything else", async () => {
  const bench = await startBench();
  bench.leave(tagged({ unconfirmed: true }));
  const other = bench.leave(taggedForAnother);
  const byHand = bench.leave("made by hand");
  bench.advance(1);
  await bench.up({});
  expect(bench.active()).toEqual([other, byHand, bench.keyId]);
  expect(bench.waits).toEqual([]);
});

test("a create waits for a young unconfirmed key, and leaves it alone if it is confirmed meanwhile", async () => {
  const bench = await startBench();
  const young = bench.leave(tagged({ unconfirmed: true }));
  bench.onWait = () => bench.describe(young, tagged());
  const outputs = await bench.up({});
  expect(bench.waits).toHaveLength(1);
  expect(bench.waits[0]).toBeGreaterThan(30_000);
  expect(bench.active()).toEqual([young, bench.keyId]);
  expect(outputs["unrecordedKeys"]).toMatchObject([{ keyId: young }]);
});

test("a create names a confirmed key that the state does not record, and never revokes it", async () => {
  const bench = await startBench();
  const unrecorded = bench.leave(tagged());
  bench.advance(24);
  const outputs = await bench.up({});
  expect(outputs["unrecordedKeys"]).toMatchObject([{ keyId: unrecorded }]);
  expect(bench.active()).toEqual([unrecorded, bench.keyId]);
});

test("a create keeps a key whose confirmation is not known, and the next update confirms it", async () => {
  const bench = await startBench();
  bench.emulator.admin.addFault({
    match: { operation: "updateApiKey" },
    times: 50,
    fault: { kind: "reset" },
  });
  await expect(bench.up({})).rejects.toThrow(/not known whether the new key.*Run pulumi up again/s);
  expect(bench.outputs).toMatchObject({ status: "unconfirmed", __provider: BOOTSTRAP });
  bench.emulator.admin.clearFaults();
  const before = bench.keyId;
  const outputs = await bench.up({});
  expect(outputs).toMatchObject({ status: "active", keyId: before });
  expect(bench.description(before)).not.toContain("?]");
  expect(bench.active()).toEqual([before]);
});

test("a replacement makes the new key first, suspects nothing, and revokes the old one", async () => {
  const bench = await startBench();
  await bench.up({});
  const first = bench.keyId;
  const outputs = await bench.up({}, { replace: true });
  expect(outputs["unrecordedKeys"]).toEqual([]);
  expect(bench.active()).toEqual([bench.keyId]);
  expect(bench.keyId).not.toBe(first);
});

test("a replacement that was not shown the old outputs suspects nothing: the key may be the one that it replaces", async () => {
  const bench = await startBench();
  await bench.up({});
  const stray = bench.leave(tagged());
  expect(await bench.replace({})).toMatchObject({ unrecordedKeys: [] });
  expect(bench.active()).toEqual([stray, bench.keyId]);
});

test("a replacement names a key that the state does not record, and not the one that it replaces", async () => {
  const bench = await startBench();
  await bench.up({ mode: "test" });
  const stray = bench.leave(tagged());
  const outputs = await bench.up({ mode: "live" });
  expect(outputs["unrecordedKeys"]).toMatchObject([{ keyId: stray }]);
});

test("a replacement that adopts the same key again keeps it", async () => {
  const bench = await startBench();
  const { id, key } = bench.emulator.admin.createKey("acc_test", { mode: "live", description: "by hand" });
  await bench.up({ adopt: { keyId: id, key } });
  await bench.up({ adopt: { keyId: id, key } }, { replace: true });
  expect(bench.active()).toEqual([id]);
  expect(bench.warnings.join()).toContain("taken over");
});
