import { describe, expect, test } from "vitest";
import { judgeAgain, judgeLeftover, type Sweep } from "./leftovers.ts";
import { ACCOUNT, startWorld } from "./testing/world.ts";
import { apiKey, IDENTITY, NOW, tagged, taggedForAnother } from "./testing/fixtures.ts";

const SECOND = 1_000;
const unconfirmed = tagged({ unconfirmed: true });

/** A key that was created this many seconds ago. */
function aged(seconds: number, description = unconfirmed) {
  return apiKey({ id: "ak_1", description, createdAt: new Date(NOW - seconds * SECOND) });
}

function sweep(changes: Partial<Sweep> = {}): Sweep {
  return { identity: IDENTITY, known: [], unconfirmed: "wait", ...changes };
}

describe("a listed key", () => {
  test.each([
    ["made by hand", "made by hand"],
    ["of another resource", taggedForAnother],
    ["of another installation", tagged({ installation: "f".repeat(10), unconfirmed: true })],
  ])("%s is ignored", (_what, description) => {
    expect(judgeLeftover(aged(3_600, description), sweep(), NOW)).toEqual({ do: "ignore" });
  });

  test("that the state records is ignored, confirmed or not", () => {
    for (const description of [unconfirmed, tagged()]) {
      const known = sweep({ known: ["ak_0", "ak_1"] });
      expect(judgeLeftover(aged(3_600, description), known, NOW)).toEqual({ do: "ignore" });
    }
  });

  test.each(["wait", "look"] as const)("that is confirmed is reported (%s)", (mode) => {
    const judged = judgeLeftover(aged(3_600, tagged()), sweep({ unconfirmed: mode }), NOW);
    expect(judged).toEqual({ do: "report" });
  });

  test.each([
    ["wait", 61, { do: "revoke", afterMs: 0 }],
    ["wait", 60, { do: "revoke", afterMs: 0 }],
    ["wait", 59, { do: "revoke", afterMs: 1_000 }],
    ["wait", 0, { do: "revoke", afterMs: 60_000 }],
    // The API's clock is ahead of ours.
    ["wait", -600, { do: "revoke", afterMs: 60_000 }],
    ["look", 3_600, { do: "ignore" }],
    ["look", 0, { do: "ignore" }],
  ] as const)("that is unconfirmed (%s, %i s old)", (mode, seconds, expected) => {
    expect(judgeLeftover(aged(seconds), sweep({ unconfirmed: mode }), NOW)).toEqual(expected);
  });
});

test.each([
  ["gone", undefined, "ignore"],
  ["revoked", apiKey({ description: unconfirmed, status: "revoked" }), "ignore"],
  ["tagged for something else by now", apiKey({ description: taggedForAnother }), "ignore"],
  ["without its tag by now", apiKey({ description: "edited" }), "ignore"],
  ["confirmed meanwhile", apiKey(), "report"],
  ["still unconfirmed", apiKey({ description: unconfirmed }), "revoke"],
] as const)("a leftover that is %s when it is looked at again: %s", (_what, live, verdict) => {
  expect(judgeAgain("revoke", live, IDENTITY)).toBe(verdict);
});

test("a key that was listed as confirmed is never revoked", () => {
  expect(judgeAgain("report", apiKey({ description: unconfirmed }), IDENTITY)).toBe("ignore");
  expect(judgeAgain("report", apiKey(), IDENTITY)).toBe("report");
});

test("an unconfirmed key that is edited while it is waited out is not revoked", async () => {
  const world = await startWorld();
  const young = world.leave(unconfirmed);
  world.onWait = () => world.describe(young, "edited by hand");
  expect(await world.up({})).toMatchObject({ unrecordedKeys: [] });
  expect(world.active()).toEqual([young, world.keyId]);
});

test("a refresh revokes no leftover, and reports the confirmed ones", async () => {
  const world = await startWorld();
  await world.up({});
  const leftover = world.leave(tagged({ attempt: "bbbbbbbb", unconfirmed: true }));
  const confirmed = world.leave(tagged({ attempt: "cccccccc" }));
  world.advance(1);
  expect(await world.refresh()).toMatchObject({ unrecordedKeys: [{ keyId: confirmed }] });
  expect(world.active()).toEqual([world.keyId, leftover, confirmed]);
  expect(world.waits).toEqual([]);
});

test.each([
  ["the text of the key, without its tag", "shop/prod/checkout", { description: "shop/prod/checkout" }],
  ["no text that would write into a terminal", "shop\u001B[2K", {}],
])("an unrecorded key is reported with %s", async (_what, text, shown) => {
  const world = await startWorld();
  await world.up({});
  const keyId = world.leave(tagged({ attempt: "cccccccc" }, text));
  world.advance(1);
  const { unrecordedKeys } = await world.refresh();
  expect(unrecordedKeys).toEqual([{ keyId, createdAt: expect.any(String) as unknown, ...shown }]);
});

test("a listed key that was revoked since is not reported", async () => {
  const world = await startWorld();
  const stray = world.leave(tagged());
  // A listing shows the newest key first.
  const young = world.leave(tagged({ attempt: "bbbbbbbb", unconfirmed: true }));
  world.onWait = () => Promise.resolve(world.emulator.admin.revokeKey(ACCOUNT, stray)).then(() => undefined);
  expect(await world.up({})).toMatchObject({ unrecordedKeys: [] });
  expect(world.waits).toHaveLength(1);
  expect(world.active()).not.toContain(young);
});
