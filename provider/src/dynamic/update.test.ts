import { describe, expect, test } from "vitest";
import { ACCOUNT, startWorld, type World } from "./testing/world.ts";
import { HOUR, inputs, iso, NOW, outputs, previous, tagged, taggedForAnother } from "./testing/fixtures.ts";
import { afterUpdate } from "./update.ts";
import { unwrapSecret } from "./wire.ts";

test("the outputs at the end of an update follow the inputs, and name no recorded key as unrecorded", () => {
  const state = outputs({ previous: [previous()], nextRotationAt: iso(NOW) });
  const found = ["ak_stray", "ak_current", "ak_old"].map((keyId) => ({ keyId, createdAt: iso(NOW) }));
  const rotateAt = iso(NOW + HOUR);
  const declared = inputs({ deletionPolicy: "Retain", schedule: { rotateAt } });
  expect(afterUpdate(state, declared, "sales", found)).toEqual({
    ...state,
    deletionPolicy: "Retain",
    providerName: "sales",
    nextRotationAt: rotateAt,
    unrecordedKeys: [{ keyId: "ak_stray", createdAt: iso(NOW) }],
  });
});

/** A rotation without an overlap. */
const trigger = (text: string) => ({ rotation: { overlap: "0s", trigger: text } });
/** A rotation with an overlap. */
const overlapping = (text: string) => ({ rotation: { overlap: "1h", trigger: text } });
const sandbox = (text: string) => ({ mode: "test", rotation: { trigger: text } });
const hint = (world: World) => world.emulator.admin.keys().find(({ id }) => id === world.keyId)?.hint;

describe("a rotation", () => {
  const rotation = { every: "90d", overlap: "24h" };

  test("is announced in the preview and mints before it revokes", async () => {
    const world = await startWorld();
    await world.up({ rotation });
    const first = world.keyId;
    expect((await world.preview({ rotation })).changes).toBe(false);
    world.advance(90 * 24 + 1);
    expect(await world.preview({ rotation })).toMatchObject({
      inputs: { generation: 2 },
      changes: true,
      replaces: [],
    });
    await world.up({ rotation });
    const second = world.keyId;
    expect(world.active()).toEqual([first, second]);
    expect(world.description(second)).toMatch(/\[ak:[0-9a-f.]+:2:[a-z2-7]+\]$/);
    expect(world.outputs["previous"]).toMatchObject([{ keyId: first }]);
    expect((await world.preview({ rotation })).changes).toBe(false);
    world.advance(26);
    expect(await world.preview({ rotation })).toMatchObject({
      inputs: { generation: 2, retiredGeneration: 1 },
      changes: true,
    });
    await world.up({ rotation });
    expect(world.active()).toEqual([second]);
    expect(world.outputs["previous"]).toEqual([]);
    expect((await world.preview({ rotation })).changes).toBe(false);
  });

  test("happens once when the update fails after the mint, and the state keeps the new key", async () => {
    const world = await startWorld();
    await world.up(trigger("a"));
    world.fail("revokeApiKey", 503);
    await expect(world.up(trigger("b"))).rejects.toThrow("503");
    const second = world.keyId;
    expect(world.outputs).toMatchObject({ revision: 2, status: "active" });
    world.emulator.admin.clearFaults();
    await world.up(trigger("b"));
    expect(world.keyId).toBe(second);
    expect(world.active()).toEqual([second]);
  });

  test("revokes no old key when the engine is gone that would have taken the new one", async () => {
    const world = await startWorld();
    await world.up(trigger("a"));
    const first = world.keyId;
    world.engineListens = () =>
      !world.active().some((id) => id !== first && !world.description(id).includes("?]"));
    await expect(world.up(trigger("b"))).rejects.toThrow("was not revoked");
    expect(world.active()).toContain(first);
  });

  test("asks for the engine only where there is a new key", async () => {
    const world = await startWorld();
    await world.up({});
    world.engineListens = () => false;
    expect(await world.up({ description: "Another" })).toMatchObject({ description: "Another" });
  });

  test("is not lost when a half-done one is taken back and declared again", async () => {
    const world = await startWorld();
    await world.up(trigger("a"));
    world.fail("revokeApiKey", 503);
    await expect(world.up(trigger("b"))).rejects.toThrow("503");
    world.emulator.admin.clearFaults();
    await world.up(trigger("a"));
    const second = world.keyId;
    await world.up(trigger("c"));
    expect(world.keyId).not.toBe(second);
    expect(world.outputs).toMatchObject({ revision: 3 });
    expect(world.active()).toEqual([world.keyId]);
  });

  test("at every update piles no keys up", async () => {
    const world = await startWorld();
    for (let run = 0; run < 6; run += 1) {
      await world.up({ rotation: { trigger: `run ${run}`, overlap: "1h" } });
      world.advance(3);
    }
    expect(world.active()).toHaveLength(2);
  });

  test("leaves a replaced key alone that is tagged for something else by now, and forgets it", async () => {
    const world = await startWorld();
    await world.up({ rotation: { trigger: "a" } });
    const first = world.keyId;
    await world.up({ rotation: { trigger: "b" } });
    await world.describe(first, taggedForAnother);
    world.advance(3);
    expect(await world.up({ rotation: { trigger: "b" } })).toMatchObject({ previous: [] });
    expect(world.active()).toContain(first);
    expect(world.warnings.join()).toContain("ForeignKey");
  });

  test("keeps a new key that may not be confirmed, and the old one, and the next update confirms it", async () => {
    const world = await startWorld();
    await world.up(trigger("a"));
    const first = world.keyId;
    world.fail("updateApiKey", 503);
    await expect(world.up(trigger("b"))).rejects.toThrow(
      /not known whether the new key.*Run pulumi up again/s,
    );
    expect(world.outputs).toMatchObject({ status: "unconfirmed", revision: 2, previous: [{ keyId: first }] });
    const second = world.keyId;
    expect(world.active()).toEqual([first, second]);
    world.emulator.admin.clearFaults();
    expect(await world.up(trigger("b"))).toMatchObject({ status: "active", keyId: second, previous: [] });
    expect(world.active()).toEqual([second]);
    expect(world.description(second)).not.toContain("?]");
  });

  test("that was refused changes nothing, and the state is not touched", async () => {
    const world = await startWorld();
    await world.up(trigger("a"));
    const before = world.state;
    world.fail("createApiKey", 422);
    await expect(world.up(trigger("b"))).rejects.toThrow("No key was minted");
    expect(world.state).toBe(before);
  });
});

describe("a test key", () => {
  test("is rolled, and keeps its ID", async () => {
    const world = await startWorld();
    const before = await world.up(sandbox("a"));
    const after = await world.up(sandbox("b"));
    expect(after["keyId"]).toBe(before["keyId"]);
    expect(after["fingerprint"]).not.toBe(before["fingerprint"]);
    expect(after).toMatchObject({ revision: 2, previous: [] });
  });

  test("is rolled once more after a roll whose answer was lost", async () => {
    const world = await startWorld();
    await world.up(sandbox("a"));
    world.emulator.admin.addFault({
      match: { operation: "rollApiKey" },
      when: "after",
      fault: { kind: "reset" },
    });
    await expect(world.up(sandbox("b"))).rejects.toThrow("not known whether key");
    expect(world.outputs).toMatchObject({ status: "rolling" });
    const rolled = await world.up(sandbox("b"));
    expect(rolled).toMatchObject({ status: "active", hint: hint(world) });
  });

  test("whose roll was refused keeps its value and its state", async () => {
    const world = await startWorld();
    await world.up(sandbox("a"));
    const before = world.state;
    world.fail("rollApiKey", 422);
    await expect(world.up(sandbox("b"))).rejects.toThrow("rollApiKey");
    expect(world.state).toBe(before);
  });

  test("is described anew when it is rolled", async () => {
    const world = await startWorld();
    await world.up(sandbox("a"));
    await world.up({ ...sandbox("b"), description: "Sandbox" });
    expect(world.description(world.keyId)).toMatch(/^Sandbox \[ak:/);
  });
});

describe("a key that was lost", () => {
  test("is replaced after a refresh, when it was revoked in the dashboard", async () => {
    const world = await startWorld();
    await world.up({});
    const first = world.keyId;
    world.emulator.admin.revokeKey(ACCOUNT, first);
    expect(await world.refresh()).toMatchObject({ status: "revoked", keyId: first });
    await world.up({});
    expect(world.active()).toEqual([world.keyId]);
  });

  test("leaves the replaced ones working until the update after the one that mints the next", async () => {
    const world = await startWorld();
    await world.up(overlapping("a"));
    const first = world.keyId;
    await world.up(overlapping("b"));
    world.emulator.admin.revokeKey(ACCOUNT, world.keyId);
    world.advance(3);
    await world.up(overlapping("b"));
    // Until its engine has the third key, the first one may be all that works.
    expect(world.active()).toEqual([first, world.keyId]);
    expect((await world.preview(overlapping("b"))).changes).toBe(true);
    await world.up(overlapping("b"));
    expect(world.active()).toEqual([world.keyId]);
    expect((await world.preview(overlapping("b"))).changes).toBe(false);
  });

  test("to a roll in the dashboard works on until its overlap has passed", async () => {
    const world = await startWorld();
    await world.up({});
    const first = world.keyId;
    await world.roll(first);
    await world.refresh();
    expect(await world.up({})).toMatchObject({ previous: [{ keyId: first }] });
    expect(world.active()).toEqual([first, world.keyId]);
  });
});

describe("the description", () => {
  test("is changed, and nothing is minted", async () => {
    const world = await startWorld();
    const before = await world.up({});
    const after = await world.up({ description: "Payments" });
    expect(after).toEqual({ ...before, description: "Payments" });
    expect(world.description(world.keyId)).toMatch(/^Payments \[ak:/);
    expect(world.emulator.admin.counters()).toMatchObject({ createApiKey: 1 });
  });

  test("that came back without our tag is an error: the key could not be traced", async () => {
    const world = await startWorld();
    await world.up({});
    world.emulator.admin.addFault({
      match: { operation: "updateApiKey" },
      fault: { kind: "rewrite-description", description: "Payments" },
    });
    await expect(world.up({ description: "Payments" })).rejects.toThrow(/TagNotPreserved.*stays in use/s);
    expect(world.outputs).toMatchObject({ description: "Checkout service" });
  });

  test("of a key that is tagged for something else is not changed", async () => {
    const world = await startWorld();
    await world.up({});
    await world.describe(world.keyId, taggedForAnother);
    await expect(world.up({ description: "Payments" })).rejects.toThrow(/ForeignKey.*pulumi state delete/s);
    expect(world.description(world.keyId)).toBe(taggedForAnother);
  });
});

test("an update waits for a young unconfirmed key of this resource, and revokes it", async () => {
  const world = await startWorld();
  await world.up({});
  const young = world.leave(tagged({ attempt: "bbbbbbbb", unconfirmed: true }));
  await world.up({ description: "Payments" });
  expect(world.waits).toHaveLength(1);
  expect(world.active()).not.toContain(young);
});

test("a state with the output of an older version changes nothing, and loses it at the next update", async () => {
  const world = await startWorld();
  await world.up({});
  const { keyId } = world;
  const { unrecordedKeys: _new, ...rest } = world.outputs;
  const suspects = [{ keyId: "ak_stray", createdAt: iso(NOW) }];
  const { state } = world;
  if (state === undefined) throw new Error("there is no state");
  world.state = { ...state, outputs: { ...rest, suspects } };
  expect(await world.preview({})).toMatchObject({ changes: false, replaces: [] });
  await world.up({});
  expect(world.outputs).toMatchObject({ suspects });

  const updated = await world.up({ description: "Payments" });
  expect(updated).toMatchObject({ keyId, unrecordedKeys: [] });
  expect(updated).not.toHaveProperty("suspects");

  world.state = { ...state, outputs: { ...rest, suspects } };
  const refreshed = await world.refresh();
  expect(refreshed).toMatchObject({ keyId, unrecordedKeys: [], status: "active" });
  expect(refreshed).not.toHaveProperty("suspects");
  expect(String(unwrapSecret(refreshed["key"]))).toMatch(/^key_live_/);
  expect(world.active()).toEqual([keyId]);

  world.state = { ...state, outputs: { ...rest, suspects } };
  await world.destroy();
  expect(world.active()).toEqual([]);
});
