import { KeyValue } from "@signatureapi-keys/management-api";
import { describe, expect, test } from "vitest";
import { whyNotAdoptable } from "./adopt.ts";
import { ACCOUNT, startWorld } from "./testing/world.ts";
import { apiKey, IDENTITY, tagged, taggedForAnother } from "./testing/fixtures.ts";
import { unwrapSecret } from "./wire.ts";

const WANTED = { ...IDENTITY, mode: "live" } as const;
const VALUE = KeyValue.of("key_live_0123456789abcdef");

test.each([
  ["made by hand", apiKey({ description: "by hand" }), undefined],
  ["of this very resource, which a replacement adopts again", apiKey(), undefined],
  ["with its value", apiKey(), VALUE],
])("a key %s can be taken over", (_what, found, value) => {
  expect(whyNotAdoptable(found, WANTED, value)).toBeUndefined();
});

test.each([
  ["that was revoked", apiKey({ status: "revoked" }), undefined, /was revoked, which is for good/],
  ["of the other mode", apiKey({ mode: "test" }), undefined, /is a test key, and mode live is declared/],
  ["of another resource", apiKey({ description: taggedForAnother }), undefined, /ForeignKey.*owner f{16}/],
  [
    "of another installation",
    apiKey({ description: tagged({ installation: "f".repeat(10) }) }),
    undefined,
    /ForeignKey.*installation f{10}/,
  ],
  ["with another value", apiKey({ hint: "0000" }), VALUE, /adopt\.key: this is not the value.*ends in 0000/],
])("a key %s cannot be taken over", (_what, found, value, why) => {
  expect(whyNotAdoptable(found, WANTED, value)).toMatch(why);
});

describe("an adoption", () => {
  const byHand = { mode: "live", description: "by hand" } as const;

  test("keeps the value that is given, and tags the key", async () => {
    const world = await startWorld();
    const { id, key } = world.emulator.admin.createKey(ACCOUNT, byHand);
    const outputs = await world.up({ adopt: { keyId: id, key } });
    expect(unwrapSecret(outputs["key"])).toBe(key);
    expect(world.description(id)).toMatch(/^Checkout service \[ak:/);
    expect(world.emulator.admin.counters()).not.toHaveProperty("rollApiKey");
    expect(world.waits).toEqual([2_000]);
  });

  test("rolls a key whose value is not given", async () => {
    const world = await startWorld();
    const { id, key } = world.emulator.admin.createKey(ACCOUNT, byHand);
    const outputs = await world.up({ adopt: { keyId: id } });
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
    const world = await startWorld();
    const { id } = world.emulator.admin.createKey(ACCOUNT, byHand);
    await expect(world.up({ adopt: adopt(id) })).rejects.toThrow(message);
    expect(world.description(id)).toBe("by hand");
  });

  test("refuses a key that something else manages", async () => {
    const world = await startWorld();
    const id = world.leave(tagged({ installation: "f".repeat(10), owner: "f".repeat(16) }));
    await expect(world.up({ adopt: { keyId: id } })).rejects.toThrow("ForeignKey");
  });

  test("does not roll a key whose tag the API did not keep", async () => {
    const world = await startWorld();
    const id = world.leave("by hand");
    world.emulator.admin.addFault({
      match: { operation: "updateApiKey" },
      fault: { kind: "rewrite-description", description: "cut" },
    });
    await expect(world.up({ adopt: { keyId: id } })).rejects.toThrow(/TagNotPreserved.*was not taken over/s);
    expect(world.emulator.admin.counters()).not.toHaveProperty("rollApiKey");
  });

  test("does not roll a key that another process took over at the same time", async () => {
    const world = await startWorld();
    const id = world.leave("by hand");
    world.onWait = () => world.describe(id, taggedForAnother);
    await expect(world.up({ adopt: { keyId: id } })).rejects.toThrow("It was not rolled");
    expect(world.emulator.admin.counters()).not.toHaveProperty("rollApiKey");
    expect(world.description(id)).toBe(taggedForAnother);
  });

  test("does not roll a key that is gone when its tag has settled", async () => {
    const world = await startWorld();
    const id = world.leave("by hand");
    world.onWait = () => {
      world.emulator.admin.addFault({
        match: { operation: "getApiKey" },
        fault: { kind: "status", status: 404 },
      });
      return Promise.resolve();
    };
    await expect(world.up({ adopt: { keyId: id } })).rejects.toThrow("It was not rolled");
    expect(world.emulator.admin.counters()).not.toHaveProperty("rollApiKey");
  });
});
