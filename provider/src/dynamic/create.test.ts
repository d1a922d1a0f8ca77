import { expect, test } from "vitest";
import { BOOTSTRAP } from "../program/bootstrap.ts";
import { firstOutputs, knownKeys, unrecordedAtCreate } from "./create.ts";
import { startWorld } from "./testing/world.ts";
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
  const world = await startWorld();
  const outputs = await world.up({});
  expect(world.emulator.admin.counters()).toEqual({
    getAccount: 1,
    listApiKeys: 1,
    createApiKey: 1,
    updateApiKey: 1,
  });
  expect(world.emulator.admin.requests().at(-1)?.operation).toBe("updateApiKey");
  expect(world.description(world.keyId)).toMatch(
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
  const world = await startWorld();
  world.leave(tagged({ unconfirmed: true }));
  const other = world.leave(taggedForAnother);
  const byHand = world.leave("made by hand");
  world.advance(1);
  await world.up({});
  expect(world.active()).toEqual([other, byHand, world.keyId]);
  expect(world.waits).toEqual([]);
});

test("a create waits for a young unconfirmed key, and leaves it alone if it is confirmed meanwhile", async () => {
  const world = await startWorld();
  const young = world.leave(tagged({ unconfirmed: true }));
  world.onWait = () => world.describe(young, tagged());
  const outputs = await world.up({});
  expect(world.waits).toHaveLength(1);
  expect(world.waits[0]).toBeGreaterThan(30_000);
  expect(world.active()).toEqual([young, world.keyId]);
  expect(outputs["unrecordedKeys"]).toMatchObject([{ keyId: young }]);
});

test("a create names a confirmed key that the state does not record, and never revokes it", async () => {
  const world = await startWorld();
  const unrecorded = world.leave(tagged());
  world.advance(24);
  const outputs = await world.up({});
  expect(outputs["unrecordedKeys"]).toMatchObject([{ keyId: unrecorded }]);
  expect(world.active()).toEqual([unrecorded, world.keyId]);
});

test("a create keeps a key whose confirmation is not known, and the next update confirms it", async () => {
  const world = await startWorld();
  world.emulator.admin.addFault({
    match: { operation: "updateApiKey" },
    times: 50,
    fault: { kind: "reset" },
  });
  await expect(world.up({})).rejects.toThrow(/not known whether the new key.*Run pulumi up again/s);
  expect(world.outputs).toMatchObject({ status: "unconfirmed", __provider: BOOTSTRAP });
  world.emulator.admin.clearFaults();
  const before = world.keyId;
  const outputs = await world.up({});
  expect(outputs).toMatchObject({ status: "active", keyId: before });
  expect(world.description(before)).not.toContain("?]");
  expect(world.active()).toEqual([before]);
});

test("a replacement makes the new key first, suspects nothing, and revokes the old one", async () => {
  const world = await startWorld();
  await world.up({});
  const first = world.keyId;
  const outputs = await world.up({}, { replace: true });
  expect(outputs["unrecordedKeys"]).toEqual([]);
  expect(world.active()).toEqual([world.keyId]);
  expect(world.keyId).not.toBe(first);
});

test("a replacement that was not shown the old outputs suspects nothing: the key may be the one that it replaces", async () => {
  const world = await startWorld();
  await world.up({});
  const stray = world.leave(tagged());
  expect(await world.replace({})).toMatchObject({ unrecordedKeys: [] });
  expect(world.active()).toEqual([stray, world.keyId]);
});

test("a replacement names a key that the state does not record, and not the one that it replaces", async () => {
  const world = await startWorld();
  await world.up({ mode: "test" });
  const stray = world.leave(tagged());
  const outputs = await world.up({ mode: "live" });
  expect(outputs["unrecordedKeys"]).toMatchObject([{ keyId: stray }]);
});

test("a replacement that adopts the same key again keeps it", async () => {
  const world = await startWorld();
  const { id, key } = world.emulator.admin.createKey("acc_test", { mode: "live", description: "by hand" });
  await world.up({ adopt: { keyId: id, key } });
  await world.up({ adopt: { keyId: id, key } }, { replace: true });
  expect(world.active()).toEqual([id]);
  expect(world.warnings.join()).toContain("taken over");
});
