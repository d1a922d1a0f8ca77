import { describe, expect, test } from "vitest";
import { check } from "./check.ts";
import { startWorld } from "./testing/world.ts";
import { IDENTITY, iso, DAY, NOW } from "./testing/fixtures.ts";
import { UNKNOWN, type Properties } from "./wire.ts";

const NEWS: Properties = {
  mode: "live",
  description: "Checkout service",
  deletionPolicy: "Revoke",
  ...IDENTITY,
};
const OLDS: Properties = { ...NEWS, generation: 3, retiredGeneration: 2 };

test("what is declared comes back with the schedule of a create", () => {
  const rotation = { every: "90d", trigger: "a" };
  expect(check({}, { ...NEWS, rotation }, NOW)).toEqual({
    inputs: {
      ...NEWS,
      rotation,
      generation: 1,
      retiredGeneration: 0,
      rotateAt: iso(NOW + 90 * DAY),
    },
  });
});

test.each([
  ["the code of the provider, which the host puts back", { __provider: "code" }],
  ["what ignoreChanges copies from the old inputs", { generation: 7, retiredGeneration: 6 }],
  ["times that ignoreChanges copies", { rotateAt: iso(NOW), retireAt: { "1": iso(NOW) } }],
  ["an argument without a value", { adopt: undefined, rotation: null }],
])("%s is left out", (_what, copied) => {
  expect(check({}, { ...NEWS, ...copied }, NOW)).toEqual({
    inputs: { ...NEWS, generation: 1, retiredGeneration: 0 },
  });
});

test("an unknown input stays unknown", () => {
  const { inputs } = check({}, { ...NEWS, description: UNKNOWN, adopt: UNKNOWN }, NOW);
  expect(inputs).toMatchObject({ description: UNKNOWN, adopt: UNKNOWN });
});

describe("an owner and an installation", () => {
  const renamed = { ...NEWS, owner: "f".repeat(16), installation: "e".repeat(10) };

  test("stay as they were when resource, stack or configuration change", () => {
    expect(check(OLDS, renamed, NOW).inputs).toMatchObject(IDENTITY);
  });

  test("are those of the program at a create", () => {
    const { owner, installation } = renamed;
    expect(check({}, renamed, NOW).inputs).toMatchObject({ owner, installation });
  });

  test.each(["owner", "installation"])("(%s) that was unknown in the old inputs is not kept", (name) => {
    const olds = { ...OLDS, [name]: UNKNOWN };
    expect(check(olds, renamed, NOW).inputs).toMatchObject({ [name]: Reflect.get(renamed, name) as unknown });
  });
});

test("inputs that are wrong come back as they were given, with each mistake", () => {
  const news = { ...NEWS, mode: "prod", windows: [] };
  const { inputs, failures } = check(OLDS, news, NOW);
  expect(inputs).toBe(news);
  expect(failures?.map(({ property }) => property).toSorted()).toEqual(["mode", "windows"]);
});

const adopt = (keyId: unknown) => ({ adopt: { keyId } });

describe("an adoption", () => {
  test.each([
    ["another key than before", adopt("ak_1"), adopt("ak_2")],
    ["a key where none was adopted", {}, adopt("ak_2")],
    ["a key where the old inputs hold something else", { adopt: { keyId: 7 } }, adopt("ak_2")],
  ])("of %s is refused: it would be ignored", (_what, before, after) => {
    const { inputs, failures } = check({ ...OLDS, ...before }, { ...NEWS, ...after }, NOW);
    expect(inputs).toEqual({ ...NEWS, ...after });
    expect(failures).toEqual([
      {
        property: "adopt.keyId",
        reason:
          "adopt is obeyed when the resource is created, and this one has a key already. To take ak_2 over, declare " +
          "another ApiKey for it, or replace this one: pulumi up --replace <URN>",
      },
    ]);
  });

  test.each([
    ["of the same key", adopt("ak_1"), adopt("ak_1")],
    ["that is no longer declared", adopt("ak_1"), {}],
    ["that is not known yet", adopt("ak_1"), { adopt: UNKNOWN }],
    ["of a key that is not known yet", adopt("ak_1"), adopt(UNKNOWN)],
    ["without a value", adopt("ak_1"), { adopt: null }],
  ])("%s is accepted later", (_what, before, after) => {
    expect(check({ ...OLDS, ...before }, { ...NEWS, ...after }, NOW)).not.toHaveProperty("failures");
  });

  test("is accepted at a create, also of a replacement", () => {
    const { inputs, failures } = check({}, { ...NEWS, ...adopt("ak_1") }, NOW);
    expect(inputs).toMatchObject(adopt("ak_1"));
    expect(failures).toBeUndefined();
  });
});

describe("with a state", () => {
  const rotation = { every: "90d", overlap: "24h" };

  test("ignoreChanges of everything does not stop a scheduled rotation", async () => {
    const world = await startWorld();
    await world.up({ rotation });
    world.advance(90 * 24 + 1);
    const copied = { ...world.state?.inputs };
    expect((await world.preview(copied)).inputs).toMatchObject({ generation: 2 });
  });

  test("an unknown rotation shows no other time than before", async () => {
    const world = await startWorld();
    await world.up({ rotation });
    const { rotateAt } = world.state?.inputs ?? {};
    expect((await world.preview({ rotation: UNKNOWN })).inputs).toMatchObject({
      rotateAt,
      generation: UNKNOWN,
    });
  });

  test("a key of the other mode is refused before it is adopted", async () => {
    const world = await startWorld();
    const { id, key } = world.emulator.admin.createKey("acc_test", { mode: "test", description: "by hand" });
    await expect(world.up({ adopt: { keyId: id, key } })).rejects.toThrow(
      "mode: mode live is declared, and adopt.key is not the value of a live key",
    );
    expect(world.emulator.admin.requests()).toEqual([]);
  });

  test("an adoption is refused later, when it would be ignored", async () => {
    const world = await startWorld();
    await world.up({});
    await expect(world.up({ adopt: { keyId: "ak_other" } })).rejects.toThrow(
      /^adopt\.keyId: adopt is obeyed/,
    );
  });
});
