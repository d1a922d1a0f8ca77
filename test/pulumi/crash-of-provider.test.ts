import { describe, expect, test } from "vitest";
import { killProviderAt, type Point } from "./crash.ts";
import { ACCOUNT, startStage, triggered, type Declared, type Stage } from "./stage.ts";

const isConfirmed = (stage: Stage): boolean => !newest(stage).description.includes("?]");

function newest(stage: Stage): { readonly description: string; readonly status: string } {
  const [key] = stage.emulator.admin.keys();
  if (key === undefined) throw new Error("there is no key");
  return key;
}

/** Minting, step by step; only after the last one a key is left whose value may be in use. */
const MINTING: readonly Point[] = [
  { operation: "listApiKeys", effect: "unsent" },
  { operation: "createApiKey", effect: "unsent" },
  { operation: "createApiKey", effect: "done", visible: (stage) => newest(stage).description.includes("?]") },
  { operation: "createApiKey", effect: "late" },
  { operation: "updateApiKey", effect: "unsent" },
];
const CONFIRMED: Point = { operation: "updateApiKey", effect: "done", visible: isConfirmed };

/** Unrevoked keys of one resource, oldest first. */
function keysOf(stage: Stage, name: string): string[] {
  return stage.active().filter((id) => stage.description(id)?.startsWith(`shop/dev/${name} `));
}

const sandbox = (trigger: string) => ({ sandbox: { mode: "test", rotation: { trigger } } });

describe.concurrent("the provider is killed", () => {
  test("in a create: the next up makes one working key, and leaves no unconfirmed one", async (context) => {
    const stage = await startStage(context);
    const keys: Record<string, Declared> = {};
    const points: readonly Point[] = [{ operation: "getAccount", effect: "unsent" }, ...MINTING];
    for (const [index, point] of points.entries()) {
      const name = `key${index}`;
      keys[name] = { mode: "live" };
      await stage.declare({ ...keys });
      await killProviderAt(stage, point);
      stage.project.advance(1);
      await stage.project.up();
      const { keyId, key, unrecordedKeys } = await stage.key(name);
      const where = `${point.operation}, ${point.effect}`;
      expect(keysOf(stage, name), where).toEqual([keyId]);
      expect(await stage.works(key), where).toBe(true);
      expect(unrecordedKeys, where).toEqual([]);
    }
    expect(stage.active()).toHaveLength(points.length);
  });

  test("in a create after its key was confirmed: that one is named in a warning, and left alone", async (context) => {
    const stage = await startStage(context);
    await stage.declare({ checkout: { mode: "live" } });
    await killProviderAt(stage, CONFIRMED);
    const [lost = ""] = stage.active();
    stage.project.advance(1);
    const text = await stage.project.up();
    expect(text).toMatch(new RegExp(`warning: Key ${lost}, created .* carries the tag of ApiKey checkout`));
    const { keyId, key, unrecordedKeys } = await stage.key();
    expect(unrecordedKeys).toMatchObject([{ keyId: lost }]);
    expect(stage.active()).toEqual([lost, keyId]);
    expect(await stage.works(key)).toBe(true);
    // Once it is revoked in the dashboard, it is forgotten.
    stage.emulator.admin.revokeKey(ACCOUNT, lost);
    expect(await stage.project.up()).not.toContain("warning");
    expect((await stage.key()).unrecordedKeys).toEqual([]);
  });

  test("in a rotation: the old key works until the next up, which leaves one new key", async (context) => {
    const stage = await startStage(context);
    await stage.up(triggered("0"));
    for (const [index, point] of [
      { operation: "getApiKey", effect: "unsent" } as const,
      ...MINTING,
    ].entries()) {
      const old = await stage.key();
      await stage.declare(triggered(String(index + 1)));
      await killProviderAt(stage, point);
      const where = `${point.operation}, ${point.effect}`;
      expect(await stage.works(old.key), where).toBe(true);
      expect((await stage.key()).keyId, where).toBe(old.keyId);
      stage.project.advance(1);
      await stage.project.up();
      const { keyId, key, unrecordedKeys } = await stage.key();
      expect(stage.active(), where).toEqual([keyId]);
      expect(await stage.works(key), where).toBe(true);
      expect(unrecordedKeys, where).toEqual([]);
    }
  });

  test("in a rotation after its key was confirmed: that one is named, and the next up delivers another", async (context) => {
    const stage = await startStage(context);
    await stage.up(triggered("a"));
    await stage.declare(triggered("b"));
    await killProviderAt(stage, CONFIRMED);
    const [, lost = ""] = stage.active();
    stage.project.advance(1);
    expect(await stage.project.up()).toContain(`Key ${lost}, created`);
    const second = await stage.key();
    expect(stage.active()).toEqual([lost, second.keyId]);

    await stage.declare(triggered("c"));
    await killProviderAt(stage, {
      operation: "revokeApiKey",
      effect: "done",
      visible: () => !stage.active().includes(second.keyId),
    });
    const [, forgotten = ""] = stage.active();
    stage.project.advance(1);
    const text = await stage.project.up();
    expect(text).toContain(`Key ${lost}, created`);
    expect(text).toContain(`Key ${forgotten}, created`);
    const third = await stage.key();
    expect(third).toMatchObject({ previous: [] });
    expect(stage.active()).toEqual([lost, forgotten, third.keyId]);
    expect(await stage.works(third.key)).toBe(true);
  });

  test("in a roll and in an adoption: the next up rolls once more, and the value that it puts out works", async (context) => {
    const stage = await startStage(context);
    const byHand = stage.emulator.admin.createKey(ACCOUNT, { mode: "live", description: "Made by hand" });
    await stage.up(sandbox("a"));
    const first = await stage.key("sandbox");
    const hintOf = (id: string) => stage.emulator.admin.keys().find((key) => key.id === id)?.hint;
    const hint = hintOf(first.keyId);
    await stage.declare(sandbox("b"));
    await killProviderAt(stage, {
      operation: "rollApiKey",
      effect: "done",
      visible: () => hintOf(first.keyId) !== hint,
    });
    await stage.project.up();
    const rolled = await stage.key("sandbox");
    expect(rolled).toMatchObject({ keyId: first.keyId, status: "active" });
    expect(await stage.works(rolled.key)).toBe(true);

    const adopted = { ...sandbox("b"), legacy: { mode: "live", adopt: { keyId: byHand.id } } };
    await stage.declare(adopted);
    await killProviderAt(stage, {
      operation: "rollApiKey",
      effect: "done",
      visible: () => hintOf(byHand.id) !== byHand.hint,
    });
    await stage.project.up();
    const legacy = await stage.key("legacy");
    expect(legacy).toMatchObject({ keyId: byHand.id, unrecordedKeys: [] });
    expect(await stage.works(legacy.key)).toBe(true);
    expect(stage.active()).toHaveLength(2);
  });
});
