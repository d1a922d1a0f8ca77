import type { ApiKey } from "@signatureapi-keys/management-api";
import { describe, expect, test } from "vitest";
import { diff } from "./diff.ts";
import { toState, type Outputs } from "./outputs.ts";
import { ACCOUNT, startWorld, TOKEN } from "./testing/world.ts";
import { apiKey, HOUR, iso, NOW, outputs, previous, tagged, taggedForAnother } from "./testing/fixtures.ts";
import { UNKNOWN, type Properties } from "./wire.ts";

const NEWS: Properties = {
  mode: "live",
  description: "Checkout service",
  deletionPolicy: "Revoke",
  generation: 1,
  retiredGeneration: 0,
};

const compare = (state: Partial<Outputs>, news: Properties, api = {}) =>
  diff(toState(outputs(state)), { ...NEWS, ...news }, api, NOW);

const remote = (...keys: ApiKey[]) => ({ keys: new Map(keys.map((key) => [key.id, key])) });

const NOTHING = { changes: false };
const UPDATE = { changes: true };

test.each([
  ["the same", {}, {}, NOTHING],
  ["another description", {}, { description: "Payments" }, UPDATE],
  ["another deletion policy", {}, { deletionPolicy: "Retain" }, UPDATE],
  ["a later generation", {}, { generation: 2 }, UPDATE],
  ["an earlier generation", { generation: 2 }, {}, UPDATE],
  ["a later retired generation", {}, { retiredGeneration: 1 }, UPDATE],
  ["a first time of rotation", {}, { rotateAt: iso(NOW) }, UPDATE],
  ["another time of rotation", { nextRotationAt: iso(NOW) }, { rotateAt: iso(NOW + HOUR) }, UPDATE],
  ["the same time of rotation", { nextRotationAt: iso(NOW) }, { rotateAt: iso(NOW) }, NOTHING],
  ["no time of rotation any more", { nextRotationAt: iso(NOW) }, {}, UPDATE],
  ["no time of rotation, written as null", {}, { rotateAt: null }, NOTHING],
  ["another mode", {}, { mode: "test" }, { changes: true, replaces: ["mode"] }],
  ["an unknown mode", {}, { mode: UNKNOWN }, UPDATE],
  ["no mode", {}, { mode: undefined }, NOTHING],
  ["an unknown description", {}, { description: UNKNOWN }, UPDATE],
  ["an unknown part of the rotation", {}, { rotation: { trigger: UNKNOWN } }, UPDATE],
  ["a known rotation", {}, { rotation: { trigger: "a" } }, NOTHING],
  ["an unknown input that changes nothing", {}, { adopt: UNKNOWN }, NOTHING],
  ["a key that was revoked", { status: "revoked" }, {}, UPDATE],
  ["a key that was rolled", { status: "rolled" }, {}, UPDATE],
  ["a key that may not be confirmed", { status: "unconfirmed" }, {}, UPDATE],
] as const)("a comparison with %s", (_what, state, news, expected) => {
  expect(compare(state, news)).toEqual(expected);
});

test.each([
  ["has passed, and nothing announces a revocation", NOW, {}, UPDATE],
  ["lasts", NOW + 1, {}, NOTHING],
  ["has passed, and an input announces the revocation", NOW, { retireAt: { "1": iso(NOW) } }, NOTHING],
] as const)("a comparison where the overlap of a replaced key %s", (_what, at, news, expected) => {
  const state = { previous: [previous({ revokeAt: iso(NOW + HOUR) }), previous({ revokeAt: iso(at) })] };
  expect(compare(state, news)).toEqual(expected);
});

describe("a comparison with what the API says", () => {
  test.each([
    ["nothing", {}, NOTHING],
    ["the same account", { accountId: "acc_test" }, NOTHING],
    ["the same Provider", { providerName: "", accountId: "acc_test" }, NOTHING],
    ["another Provider of the same account", { providerName: "sales", accountId: "acc_test" }, UPDATE],
    ["another Provider, and no account", { providerName: "sales" }, UPDATE],
    [
      "another Provider of another account",
      { providerName: "sales", accountId: "acc_2" },
      { changes: true, replaces: ["accountId"] },
    ],
  ])("%s", (_what, api, expected) => {
    expect(compare({}, {}, api)).toEqual(expected);
  });

  test.each([{ accountId: "acc_2" }, { providerName: "", accountId: "acc_2" }])(
    "another account of the same Provider is refused: %j",
    (api) => {
      expect(() => compare({}, {}, api)).toThrow(/AccountChanged.*acc_test.*acc_2/s);
    },
  );

  test.each([
    ["all of them work", ["ak_1", "ak_2"], NOTHING],
    ["one of them is gone", ["ak_2"], UPDATE],
    ["all of them are gone", [], UPDATE],
    ["there is another one", ["ak_1", "ak_2", "ak_3"], UPDATE],
    ["there is another one instead", ["ak_1", "ak_3"], UPDATE],
  ])("about unrecorded keys: %s", (_what, ids, expected) => {
    const unrecordedKeys = ["ak_1", "ak_2"].map((keyId) => ({ keyId, createdAt: iso(NOW) }));
    const found = ids.map((id) => apiKey({ id }));
    expect(compare({ unrecordedKeys }, {}, remote(apiKey(), ...found))).toEqual(expected);
  });

  const replaced = apiKey({ id: "ak_old", description: tagged({ attempt: "bbbbbbbb" }) });
  const unconfirmed = tagged({ attempt: "cccccccc", unconfirmed: true });
  test.each([
    ["the key in use", [apiKey()], NOTHING],
    ["the key in use with another value", [apiKey({ hint: "0000" })], UPDATE],
    ["no key in use", [], UPDATE],
    ["a recorded key that was replaced", [apiKey(), replaced], NOTHING],
    ["keys of something else", [apiKey(), apiKey({ id: "ak_1", description: taggedForAnother })], NOTHING],
    ["an unconfirmed key", [apiKey(), apiKey({ id: "ak_1", description: unconfirmed })], UPDATE],
    ["the key in use, unconfirmed", [apiKey({ description: unconfirmed })], NOTHING],
  ])("about keys: %s", (_what, keys, expected) => {
    expect(compare({ previous: [previous()] }, {}, remote(...keys))).toEqual(expected);
  });
});

test("the next up revokes what a failed rotation has left, also where the rotation is taken back", async () => {
  const world = await startWorld();
  await world.up({ rotation: { trigger: "a" } });
  const leftover = world.leave(tagged({ attempt: "bbbbbbbb", unconfirmed: true }));
  world.advance(1);
  await world.up({ rotation: { trigger: "a" } });
  expect(world.active()).toEqual([world.keyId]);
  expect(world.active()).not.toContain(leftover);
});

test("the next up replaces a key that a destroy has revoked before it was cut off", async () => {
  const world = await startWorld();
  await world.up({});
  world.emulator.admin.revokeKey(ACCOUNT, world.keyId);
  await world.up({});
  expect(world.active()).toEqual([world.keyId]);
});

test("the next up rolls a test key again whose new value was lost, also where the roll is taken back", async () => {
  const world = await startWorld();
  await world.up({ mode: "test", rotation: { trigger: "a" } });
  await world.roll(world.keyId);
  const rolled = await world.up({ mode: "test", rotation: { trigger: "a" } });
  const [key] = world.emulator.admin.keys();
  expect(rolled).toMatchObject({ hint: key?.hint, revision: 2 });
});

test.each([
  ["active", NOTHING],
  ["revoked", UPDATE],
] as const)("the output suspects of an older version is ignored (%s)", (status, expected) => {
  const { unrecordedKeys: _none, ...old } = toState(outputs({ status }));
  const suspects = [{ keyId: "ak_1", createdAt: iso(NOW) }];
  expect(diff({ ...old, suspects }, NEWS, {}, NOW)).toEqual(expected);
});

test("an unrecorded key that is gone is forgotten at the next update, and one that works changes nothing", async () => {
  const world = await startWorld();
  const stray = world.leave(tagged());
  await world.up({});
  expect((await world.preview({})).changes).toBe(false);
  world.emulator.admin.revokeKey(ACCOUNT, stray);
  expect((await world.preview({})).changes).toBe(true);
  expect(await world.up({})).toMatchObject({ unrecordedKeys: [] });
  expect((await world.preview({})).changes).toBe(false);
});

test("an unknown trigger updates and does not replace", async () => {
  const world = await startWorld();
  await world.up({ rotation: { trigger: "a" } });
  expect(await world.preview({ mode: UNKNOWN, rotation: { trigger: UNKNOWN } })).toMatchObject({
    changes: true,
    replaces: [],
    inputs: { generation: UNKNOWN },
  });
});

test("another mode replaces", async () => {
  const world = await startWorld();
  await world.up({ mode: "test" });
  expect(await world.preview({ mode: "live" })).toMatchObject({ replaces: ["mode"] });
});

test("a token of another account is refused, in a preview too", async () => {
  const world = await startWorld({
    accounts: [
      { id: ACCOUNT, token: TOKEN },
      { id: "acc_other", token: "token-of-another-account" },
    ],
  });
  await world.up({});
  world.token = "token-of-another-account";
  await expect(world.preview({})).rejects.toThrow("AccountChanged");
  await expect(world.up({ description: "Another" })).rejects.toThrow("AccountChanged");
  world.providerName = "other";
  expect(await world.preview({})).toMatchObject({ replaces: ["accountId"] });
  world.providerName = undefined;
  await expect(world.refresh()).rejects.toThrow("AccountChanged");
  await expect(world.destroy()).rejects.toThrow("AccountChanged");
  expect(world.active()).toHaveLength(1);
});
