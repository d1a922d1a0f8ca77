import { describe, expect, test } from "vitest";
import { planDeletion, releasedDescription } from "./delete.ts";
import { ACCOUNT, startWorld } from "./testing/world.ts";
import {
  apiKey,
  ATTEMPT,
  IDENTITY,
  iso,
  NOW,
  outputs,
  previous,
  tagged,
  taggedForAnother,
} from "./testing/fixtures.ts";

const CURRENT = { keyId: "ak_current", attempt: ATTEMPT };
const over = previous({ keyId: "ak_over", revokeAt: iso(NOW) });
const overlapping = previous({ keyId: "ak_overlapping", revokeAt: iso(NOW + 1) });

describe("the plan of a deletion", () => {
  test("revokes the replaced keys and the one in use", () => {
    const state = outputs({ previous: [over, overlapping] });
    expect(planDeletion(state, NOW)).toEqual({
      revoke: [over, overlapping, CURRENT],
      release: [],
    });
  });

  test("with Retain revokes what is over, releases the rest, and names what is kept", () => {
    const state = outputs({ deletionPolicy: "Retain", previous: [over, overlapping] });
    const { warning, ...plan } = planDeletion(state, NOW);
    expect(plan).toEqual({ revoke: [over], release: [overlapping, CURRENT] });
    expect(warning).toBe(
      "Key ak_current is retained. Nothing manages it now: revoke it in the dashboard when it is not needed." +
        ` Also kept: ak_overlapping, to be revoked at ${iso(NOW + 1)}.`,
    );
  });

  test("with Retain and no replaced key names the one that is kept, and no other", () => {
    const { warning } = planDeletion(outputs({ deletionPolicy: "Retain" }), NOW);
    expect(warning).toMatch(
      /^Key ak_current is retained[^:]*: revoke it in the dashboard when it is not needed\.$/,
    );
  });
});

test.each([
  ["loses its tag", apiKey(), "Checkout service"],
  ["keeps a text that was edited in the dashboard", apiKey({ description: tagged({}, "Edited") }), "Edited"],
  [
    "gets the declared text where only the tag was there",
    apiKey({ description: tagged({}, "").trim() }),
    "Declared",
  ],
  ["without a tag is left as it is", apiKey({ description: "edited" }), undefined],
  ["that does not exist is left alone", undefined, undefined],
  ["that was revoked is left alone", apiKey({ status: "revoked" }), undefined],
  ["that something else manages is left alone", apiKey({ description: taggedForAnother }), undefined],
  ["of another attempt is left alone", apiKey({ description: tagged({ attempt: "bbbbbbbb" }) }), undefined],
])("a released key %s", (_what, live, description) => {
  expect(releasedDescription(live, IDENTITY, CURRENT, "Declared")).toBe(description);
});

const retained = (trigger: string) => ({
  deletionPolicy: "Retain",
  rotation: { trigger, overlap: "24h" },
});

test("a deletion revokes the present and the previous key, and a key that is gone already is no failure", async () => {
  const world = await startWorld();
  await world.up({ rotation: { trigger: "a" } });
  const first = world.keyId;
  await world.up({ rotation: { trigger: "b" } });
  world.emulator.admin.revokeKey(ACCOUNT, first);
  await world.destroy();
  expect(world.active()).toEqual([]);
  expect(world.warnings).toEqual([]);
});

test("a deletion revokes both keys of an overlap, and asks for no revocation of a key that is gone", async () => {
  const world = await startWorld();
  await world.up({ rotation: { trigger: "a" } });
  await world.up({ rotation: { trigger: "b" } });
  expect(world.active()).toHaveLength(2);
  await world.destroy();
  expect(world.active()).toEqual([]);
  expect(world.emulator.admin.counters()).toMatchObject({ revokeApiKey: 2 });
});

test("a deletion never revokes a key that is tagged for something else by now, and warns of it", async () => {
  const world = await startWorld();
  await world.up({});
  const { keyId } = world;
  await world.describe(keyId, taggedForAnother);
  await world.destroy();
  expect(world.active()).toEqual([keyId]);
  expect(world.warnings.join()).toContain("ForeignKey");
});

test("a deletion revokes old leftovers of earlier mints, and leaves young and confirmed keys alone", async () => {
  const world = await startWorld();
  await world.up({});
  world.leave(tagged({ attempt: "bbbbbbbb", unconfirmed: true }));
  const confirmed = world.leave(tagged({ attempt: "cccccccc" }));
  world.advance(1);
  await world.destroy();
  expect(world.active()).toEqual([confirmed]);
});

test.each(["Revoke", "Retain"])(
  "a deletion waits for a young unconfirmed key, which nothing would look for again (%s)",
  async (deletionPolicy) => {
    const world = await startWorld();
    await world.up({ deletionPolicy });
    const young = world.leave(tagged({ attempt: "bbbbbbbb", unconfirmed: true }));
    await world.destroy();
    expect(world.active()).not.toContain(young);
    expect(world.waits).toHaveLength(1);
  },
);

test("a deletion leaves a young unconfirmed key alone that another process confirms meanwhile", async () => {
  const world = await startWorld();
  await world.up({});
  const young = world.leave(tagged({ attempt: "bbbbbbbb", unconfirmed: true }));
  world.onWait = () => world.describe(young, tagged({ attempt: "bbbbbbbb" }));
  await world.destroy();
  expect(world.active()).toEqual([young]);
});

test("Retain revokes a replaced key whose time is over, and names one that lives on", async () => {
  const world = await startWorld();
  await world.up(retained("a"));
  const first = world.keyId;
  await world.up(retained("b"));
  const second = world.keyId;
  world.advance(20);
  await world.up(retained("c"));
  world.advance(6);
  await world.destroy();
  const [, third = ""] = world.active();
  expect(world.active()).toEqual([second, third]);
  expect(world.emulator.admin.keys().find(({ id }) => id === first)?.status).toBe("revoked");
  expect(world.warnings.join()).toMatch(
    new RegExp(`Key ${third} is retained.*Also kept: ${second}, to be revoked at`),
  );
});

test("Retain keeps the key and takes its tag off", async () => {
  const world = await startWorld();
  await world.up({ deletionPolicy: "Retain" });
  const { keyId } = world;
  await world.destroy();
  expect(world.active()).toEqual([keyId]);
  expect(world.description(keyId)).toBe("Checkout service");
});

test("Retain writes nothing to a key without a tag, and revokes what is unconfirmed", async () => {
  const world = await startWorld();
  await world.up({ deletionPolicy: "Retain" });
  const kept = world.keyId;
  await world.describe(kept, "edited by hand");
  const leftover = world.leave(tagged({ attempt: "bbbbbbbb", unconfirmed: true }));
  world.advance(1);
  world.emulator.admin.clearRequests();
  await world.destroy();
  expect(world.active()).toEqual([kept]);
  expect(world.description(leftover)).toContain("?]");
  expect(world.emulator.admin.counters()).toEqual({
    getAccount: 1,
    getApiKey: 2,
    listApiKeys: 1,
    revokeApiKey: 1,
  });
});
