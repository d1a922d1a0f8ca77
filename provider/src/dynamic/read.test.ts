import { describe, expect, test } from "vitest";
import { statusOf } from "./read.ts";
import { startWorld } from "./testing/world.ts";
import { apiKey, outputs, tagged } from "./testing/fixtures.ts";

test.each([
  ["that does not exist is revoked", undefined, "active", "revoked"],
  ["that was revoked is revoked", apiKey({ status: "revoked" }), "rolling", "revoked"],
  ["with the recorded hint is active", apiKey(), "active", "active"],
  ["with the recorded hint is active again", apiKey(), "rolled", "active"],
  ["with another hint was rolled", apiKey({ hint: "0000" }), "active", "rolled"],
  ["whose roll is uncertain stays so", apiKey({ hint: "0000" }), "rolling", "rolling"],
  ["whose confirmation is uncertain stays so", apiKey(), "unconfirmed", "unconfirmed"],
] as const)("a key %s", (_what, found, before, status) => {
  expect(statusOf(found, outputs({ status: before }))).toBe(status);
});

describe("a refresh", () => {
  test("loses nothing of a key whose description was edited in the dashboard", async () => {
    const world = await startWorld();
    await world.up({});
    await world.describe(world.keyId, "edited by hand");
    expect(await world.refresh()).toMatchObject({ status: "active" });
    expect((await world.preview({})).changes).toBe(false);
    await world.destroy();
    expect(world.active()).toEqual([]);
  });

  test("asks for a key that the listing does not show: that proves nothing", async () => {
    const world = await startWorld();
    await world.up({});
    world.emulator.admin.addFault({ match: { operation: "listApiKeys" }, fault: { kind: "omit", count: 1 } });
    expect(await world.refresh()).toMatchObject({ status: "active" });
    expect(world.emulator.admin.counters()).toMatchObject({ getApiKey: 1 });
  });

  test("asks for no key that the listing shows, and changes nothing", async () => {
    const world = await startWorld();
    await world.up({ rotation: { trigger: "a" } });
    await world.up({ rotation: { trigger: "b" } });
    world.emulator.admin.clearRequests();
    const before = world.outputs;
    expect({ ...(await world.refresh()), __provider: before["__provider"] }).toEqual(before);
    expect(world.emulator.admin.counters()).toEqual({ getAccount: 1, listApiKeys: 1 });
  });
});

describe("a key that is looked up", () => {
  test("has no value", async () => {
    const world = await startWorld();
    const id = world.leave("made by hand");
    const found = await world.lookUp(id);
    expect(found).toMatchObject({
      keyId: id,
      mode: "live",
      description: "made by hand",
      status: "active",
      previous: [],
      unrecordedKeys: [],
      accountId: "acc_test",
    });
    expect(found).not.toHaveProperty("key");
    expect(found).not.toHaveProperty("revision");
  });

  test("shows the ordinal in its tag, and its description without the tag", async () => {
    const world = await startWorld();
    const id = world.leave(tagged({ revision: 3 }));
    expect(await world.lookUp(id)).toMatchObject({ revision: 3, description: "Checkout service" });
  });

  test("must exist", async () => {
    const world = await startWorld();
    await expect(world.lookUp("ak_nothing")).rejects.toThrow("Account acc_test has no key ak_nothing");
  });
});
