import { describe, expect, test } from "vitest";
import { ACCOUNT, startBench, type Bench } from "./testing/bench.ts";
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
const hint = (bench: Bench) => bench.emulator.admin.keys().find(({ id }) => id === bench.keyId)?.hint;

describe("a rotation", () => {
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
    expect(bench.description(second)).toMatch(/\[ak:[0-9a-f.]+:2:[a-z2-7]+\]$/);
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
    await bench.up(trigger("a"));
    bench.fail("revokeApiKey", 503);
    await expect(bench.up(trigger("b"))).rejects.toThrow("503");
    const second = bench.keyId;
    expect(bench.outputs).toMatchObject({ revision: 2, status: "active" });
    bench.emulator.admin.clearFaults();
    await bench.up(trigger("b"));
    expect(bench.keyId).toBe(second);
    expect(bench.active()).toEqual([second]);
  });

  test("revokes no old key when the engine is gone that would have taken the new one", async () => {
    const bench = await startBench();
    await bench.up(trigger("a"));
    const first = bench.keyId;
    bench.engineListens = () =>
      !bench.active().some((id) => id !== first && !bench.description(id).includes("?]"));
    await expect(bench.up(trigger("b"))).rejects.toThrow("was not revoked");
    expect(bench.active()).toContain(first);
  });

  test("asks for the engine only where there is a new key", async () => {
    const bench = await startBench();
    await bench.up({});
    bench.engineListens = () => false;
    expect(await bench.up({ description: "Another" })).toMatchObject({ description: "Another" });
  });

  test("is not lost when a half-done one is taken back and declared again", async () => {
    const bench = await startBench();
    await bench.up(trigger("a"));
    bench.fail("revokeApiKey", 503);
    await expect(bench.up(trigger("b"))).rejects.toThrow("503");
    bench.emulator.admin.clearFaults();
    await bench.up(trigger("a"));
    const second = bench.keyId;
    await bench.up(trigger("c"));
    expect(bench.keyId).not.toBe(second);
    expect(bench.outputs).toMatchObject({ revision: 3 });
    expect(bench.active()).toEqual([bench.keyId]);
  });

  test("at every update piles no keys up", async () => {
    const bench = await startBench();
    for (let run = 0; run < 6; run += 1) {
      await bench.up({ rotation: { trigger: `run ${run}`, overlap: "1h" } });
      bench.advance(3);
    }
    expect(bench.active()).toHaveLength(2);
  });

  test("leaves a replaced key alone that is tagged for something else by now, and forgets it", async () => {
    const bench = await startBench();
    await bench.up({ rotation: { trigger: "a" } });
    const first = bench.keyId;
    await bench.up({ rotation: { trigger: "b" } });
    await bench.describe(first, taggedForAnother);
    bench.advance(3);
    expect(await bench.up({ rotation: { trigger: "b" } })).toMatchObject({ previous: [] });
    expect(bench.active()).toContain(first);
    expect(bench.warnings.join()).toContain("ForeignKey");
  });

  test("keeps a new key that may not be confirmed, and the old one, and the next update confirms it", async () => {
    const bench = await startBench();
    await bench.up(trigger("a"));
    const first = bench.keyId;
    bench.fail("updateApiKey", 503);
    await expect(bench.up(trigger("b"))).rejects.toThrow(
      /not known whether the new key.*Run pulumi up again/s,
    );
    expect(bench.outputs).toMatchObject({ status: "unconfirmed", revision: 2, previous: [{ keyId: first }] });
    const second = bench.keyId;
    expect(bench.active()).toEqual([first, second]);
    bench.emulator.admin.clearFaults();
    expect(await bench.up(trigger("b"))).toMatchObject({ status: "active", keyId: second, previous: [] });
    expect(bench.active()).toEqual([second]);
    expect(bench.description(second)).not.toContain("?]");
  });

  test("that was refused changes nothing, and the state is not touched", async () => {
    const bench = await startBench();
    await bench.up(trigger("a"));
    const before = bench.state;
    bench.fail("createApiKey", 422);
    await expect(bench.up(trigger("b"))).rejects.toThrow("No key was minted");
    expect(bench.state).toBe(before);
  });
});

describe("a test key", () => {
  test("is rolled, and keeps its ID", async () => {
    const bench = await startBench();
    const before = await bench.up(sandbox("a"));
    const after = await bench.up(sandbox("b"));
    expect(after["keyId"]).toBe(before["keyId"]);
    expect(after["fingerprint"]).not.toBe(before["fingerprint"]);
    expect(after).toMatchObject({ revision: 2, previous: [] });
  });

  test("is rolled once more after a roll whose answer was lost", async () => {
    const bench = await startBench();
    await bench.up(sandbox("a"));
    bench.emulator.admin.addFault({
      match: { operation: "rollApiKey" },
      when: "after",
      fault: { kind: "reset" },
    });
    await expect(bench.up(sandbox("b"))).rejects.toThrow("not known whether key");
    expect(bench.outputs).toMatchObject({ status: "rolling" });
    const rolled = await bench.up(sandbox("b"));
    expect(rolled).toMatchObject({ status: "active", hint: hint(bench) });
  });

  test("whose roll was refused keeps its value and its state", async () => {
    const bench = await startBench();
    await bench.up(sandbox("a"));
    const before = bench.state;
    bench.fail("rollApiKey", 422);
    await expect(bench.up(sandbox("b"))).rejects.toThrow("rollApiKey");
    expect(bench.state).toBe(before);
  });

  test("is described anew when it is rolled", async () => {
    const bench = await startBench();
    await bench.up(sandbox("a"));
    await bench.up({ ...sandbox("b"), description: "Sandbox" });
    expect(bench.description(bench.keyId)).toMatch(/^Sandbox \[ak:/);
  });
});

describe("a key that was lost", () => {
  test("is replaced after a refresh, when it was revoked in the dashboard", async () => {
    const bench = await startBench();
    await bench.up({});
    const first = bench.keyId;
    bench.emulator.admin.revokeKey(ACCOUNT, first);
    expect(await bench.refresh()).toMatchObject({ status: "revoked", keyId: first });
    await bench.up({});
    expect(bench.active()).toEqual([bench.keyId]);
  });

  test("leaves the replaced ones working until the update after the one that mints the next", async () => {
    const bench = await startBench();
    await bench.up(overlapping("a"));
    const first = bench.keyId;
    await bench.up(overlapping("b"));
    bench.emulator.admin.revokeKey(ACCOUNT, bench.keyId);
    bench.advance(3);
    await bench.up(overlapping("b"));
    // Until its engine has the third key, the first one may be all that works.
    expect(bench.active()).toEqual([first, bench.keyId]);
    expect((await bench.preview(overlapping("b"))).changes).toBe(true);
    await bench.up(overlapping("b"));
    expect(bench.active()).toEqual([bench.keyId]);
    expect((await bench.preview(overlapping("b"))).changes).toBe(false);
  });

  test("to a roll in the dashboard works on until its overlap has passed", async () => {
    const bench = await startBench();
    await bench.up({});
    const first = bench.keyId;
    await bench.roll(first);
    await bench.refresh();
    expect(await bench.up({})).toMatchObject({ previous: [{ keyId: first }] });
    expect(bench.active()).toEqual([first, bench.keyId]);
  });
});

describe("the description", () => {
  test("is changed, and nothing is minted", async () => {
    const bench = await startBench();
    const before = await bench.up({});
    const after = await bench.up({ description: "Payments" });
    expect(after).toEqual({ ...before, description: "Payments" });
    expect(bench.description(bench.keyId)).toMatch(/^Payments \[ak:/);
    expect(bench.emulator.admin.counters()).toMatchObject({ createApiKey: 1 });
  });

  test("that came back without our tag is an error: the key could not be traced", async () => {
    const bench = await startBench();
    await bench.up({});
    bench.emulator.admin.addFault({
      match: { operation: "updateApiKey" },
      fault: { kind: "rewrite-description", description: "Payments" },
    });
    await expect(bench.up({ description: "Payments" })).rejects.toThrow(/TagNotPreserved.*goes on/s);
    expect(bench.outputs).toMatchObject({ description: "Checkout service" });
  });

  test("of a key that is tagged for something else is not changed", async () => {
    const bench = await startBench();
    await bench.up({});
    await bench.describe(bench.keyId, taggedForAnother);
    await expect(bench.up({ description: "Payments" })).rejects.toThrow(/ForeignKey.*pulumi state delete/s);
    expect(bench.description(bench.keyId)).toBe(taggedForAnother);
  });
});

test("an update waits for a young unconfirmed key of this resource, and revokes it", async () => {
  const bench = await startBench();
  await bench.up({});
  const young = bench.leave(tagged({ attempt: "bbbbbbbb", unconfirmed: true }));
  await bench.up({ description: "Payments" });
  expect(bench.waits).toHaveLength(1);
  expect(bench.active()).not.toContain(young);
});

test("a state with the output of an older version changes nothing, and loses it at the next update", async () => {
  const bench = await startBench();
  await bench.up({});
  const { keyId } = bench;
  const { unrecordedKeys: _new, ...rest } = bench.outputs;
  const suspects = [{ keyId: "ak_stray", createdAt: iso(NOW) }];
  const { state } = bench;
  if (state === undefined) throw new Error("there is no state");
  bench.state = { ...state, outputs: { ...rest, suspects } };
  expect(await bench.preview({})).toMatchObject({ changes: false, replaces: [] });
  await bench.up({});
  expect(bench.outputs).toMatchObject({ suspects });

  const updated = await bench.up({ description: "Payments" });
  expect(updated).toMatchObject({ keyId, unrecordedKeys: [] });
  expect(updated).not.toHaveProperty("suspects");

  bench.state = { ...state, outputs: { ...rest, suspects } };
  const refreshed = await bench.refresh();
  expect(refreshed).toMatchObject({ keyId, unrecordedKeys: [], status: "active" });
  expect(refreshed).not.toHaveProperty("suspects");
  expect(String(unwrapSecret(refreshed["key"]))).toMatch(/^key_live_/);
  expect(bench.active()).toEqual([keyId]);

  bench.state = { ...state, outputs: { ...rest, suspects } };
  await bench.destroy();
  expect(bench.active()).toEqual([]);
});
