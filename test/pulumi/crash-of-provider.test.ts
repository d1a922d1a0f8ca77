import { describe, expect, test } from "vitest";
import { killProviderAt, type Point } from "./crash.ts";
import { ACCOUNT, startWorld, triggered, type Declared, type StackWorld } from "./world.ts";

const isConfirmed = (world: StackWorld): boolean => !newest(world).description.includes("?]");

function newest(world: StackWorld): { readonly description: string; readonly status: string } {
  const [key] = world.emulator.admin.keys();
  if (key === undefined) throw new Error("there is no key");
  return key;
}

/** Minting, step by step; only after the last one a key is left whose value may be in use. */
const MINTING: readonly Point[] = [
  { operation: "listApiKeys", effect: "unsent" },
  { operation: "createApiKey", effect: "unsent" },
  { operation: "createApiKey", effect: "done", visible: (world) => newest(world).description.includes("?]") },
  { operation: "createApiKey", effect: "late" },
  { operation: "updateApiKey", effect: "unsent" },
];
const CONFIRMED: Point = { operation: "updateApiKey", effect: "done", visible: isConfirmed };

/** Unrevoked keys of one resource, oldest first. */
function keysOf(world: StackWorld, name: string): string[] {
  return world.active().filter((id) => world.description(id)?.startsWith(`shop/dev/${name} `));
}

const sandbox = (trigger: string) => ({ sandbox: { mode: "test", rotation: { trigger } } });

describe.concurrent("the provider is killed", () => {
  test("in a create: the next up makes one working key, and leaves no unconfirmed one", async (context) => {
    const world = await startWorld(context);
    const keys: Record<string, Declared> = {};
    const points: readonly Point[] = [{ operation: "getAccount", effect: "unsent" }, ...MINTING];
    for (const [index, point] of points.entries()) {
      const name = `key${index}`;
      keys[name] = { mode: "live" };
      await world.declare({ ...keys });
      await killProviderAt(world, point);
      world.project.advance(1);
      await world.project.up();
      const { keyId, key, unrecordedKeys } = await world.key(name);
      const where = `${point.operation}, ${point.effect}`;
      expect(keysOf(world, name), where).toEqual([keyId]);
      expect(await world.works(key), where).toBe(true);
      expect(unrecordedKeys, where).toEqual([]);
    }
    expect(world.active()).toHaveLength(points.length);
  });

  test("in a create after its key was confirmed: that one is named in a warning, and left alone", async (context) => {
    const world = await startWorld(context);
    await world.declare({ checkout: { mode: "live" } });
    await killProviderAt(world, CONFIRMED);
    const [lost = ""] = world.active();
    world.project.advance(1);
    const text = await world.project.up();
    expect(text).toMatch(
      new RegExp(`warning: Key ${lost} \\("[^"]*"\\), created .* carries the tag of ApiKey checkout`),
    );
    const { keyId, key, unrecordedKeys } = await world.key();
    expect(unrecordedKeys).toMatchObject([{ keyId: lost }]);
    expect(world.active()).toEqual([lost, keyId]);
    expect(await world.works(key)).toBe(true);
    // Once it is revoked in the dashboard, it is forgotten.
    world.emulator.admin.revokeKey(ACCOUNT, lost);
    expect(await world.project.up()).not.toContain("warning");
    expect((await world.key()).unrecordedKeys).toEqual([]);
  });

  test("in a rotation: the old key works until the next up, which leaves one new key", async (context) => {
    const world = await startWorld(context);
    await world.up(triggered("0"));
    for (const [index, point] of [
      { operation: "getApiKey", effect: "unsent" } as const,
      ...MINTING,
    ].entries()) {
      const old = await world.key();
      await world.declare(triggered(String(index + 1)));
      await killProviderAt(world, point);
      const where = `${point.operation}, ${point.effect}`;
      expect(await world.works(old.key), where).toBe(true);
      expect((await world.key()).keyId, where).toBe(old.keyId);
      world.project.advance(1);
      await world.project.up();
      const { keyId, key, unrecordedKeys } = await world.key();
      expect(world.active(), where).toEqual([keyId]);
      expect(await world.works(key), where).toBe(true);
      expect(unrecordedKeys, where).toEqual([]);
    }
  });

  test("in a rotation after its key was confirmed: that one is named, and the next up delivers another", async (context) => {
    const world = await startWorld(context);
    await world.up(triggered("a"));
    await world.declare(triggered("b"));
    await killProviderAt(world, CONFIRMED);
    const [, lost = ""] = world.active();
    world.project.advance(1);
    expect(await world.project.up()).toContain(`Key ${lost} ("`);
    const second = await world.key();
    expect(world.active()).toEqual([lost, second.keyId]);

    await world.declare(triggered("c"));
    await killProviderAt(world, {
      operation: "revokeApiKey",
      effect: "done",
      visible: () => !world.active().includes(second.keyId),
    });
    const [, forgotten = ""] = world.active();
    world.project.advance(1);
    const text = await world.project.up();
    expect(text).toContain(`Key ${lost} ("`);
    expect(text).toContain(`Key ${forgotten} ("`);
    const third = await world.key();
    expect(third).toMatchObject({ previous: [] });
    expect(world.active()).toEqual([lost, forgotten, third.keyId]);
    expect(await world.works(third.key)).toBe(true);
  });

  test("in a roll and in an adoption: the next up rolls once more, and the value that it puts out works", async (context) => {
    const world = await startWorld(context);
    const byHand = world.emulator.admin.createKey(ACCOUNT, { mode: "live", description: "Made by hand" });
    await world.up(sandbox("a"));
    const first = await world.key("sandbox");
    const hintOf = (id: string) => world.emulator.admin.keys().find((key) => key.id === id)?.hint;
    const hint = hintOf(first.keyId);
    await world.declare(sandbox("b"));
    await killProviderAt(world, {
      operation: "rollApiKey",
      effect: "done",
      visible: () => hintOf(first.keyId) !== hint,
    });
    await world.project.up();
    const rolled = await world.key("sandbox");
    expect(rolled).toMatchObject({ keyId: first.keyId, status: "active" });
    expect(await world.works(rolled.key)).toBe(true);

    const adopted = { ...sandbox("b"), legacy: { mode: "live", adopt: { keyId: byHand.id } } };
    await world.declare(adopted);
    await killProviderAt(world, {
      operation: "rollApiKey",
      effect: "done",
      visible: () => hintOf(byHand.id) !== byHand.hint,
    });
    await world.project.up();
    const legacy = await world.key("legacy");
    expect(legacy).toMatchObject({ keyId: byHand.id, unrecordedKeys: [] });
    expect(await world.works(legacy.key)).toBe(true);
    expect(world.active()).toHaveLength(2);
  });
});
