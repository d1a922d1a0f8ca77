import { describe, expect, test, vi } from "vitest";
import { killProviderAt, upTo, type Point } from "./crash.ts";
import { startWorld, triggered, type StackWorld } from "./world.ts";

/** A key was made, and its answer is not read. */
const MADE: Point = {
  operation: "createApiKey",
  effect: "done",
  visible: ({ emulator }) => emulator.admin.keys()[0]?.description.includes("?]") === true,
};

/** Kills the engine at a point, and lets the request go on that its provider waits for. */
async function killEngineAt(world: StackWorld, point: Point): Promise<void> {
  const running = await upTo(world, point);
  expect(world.project.providers()).not.toEqual([]);
  running.kill();
  await running.ended;
  world.emulator.admin.clearFaults();
}

/** The provider ends by itself, some time after its engine. */
async function providerEnds(world: StackWorld): Promise<void> {
  await vi.waitFor(() => expect(world.project.providers()).toEqual([]), {
    timeout: 120_000,
    interval: 500,
  });
}

async function unlock(world: StackWorld): Promise<void> {
  const locked = await world.project.pulumi("up", "--yes", "--skip-preview");
  expect(locked.text).toContain("pulumi cancel");
  await world.project.must("cancel", "--yes");
}

describe.concurrent("the engine is killed", () => {
  test("before the request for a key: its provider mints nothing, and ends", async (context) => {
    const world = await startWorld(context);
    await world.declare({ checkout: { mode: "live" } });
    await killEngineAt(world, { operation: "listApiKeys", effect: "late" });
    await providerEnds(world);
    expect(world.emulator.admin.counters()).toEqual({ getAccount: 1, listApiKeys: 1 });
    await unlock(world);
    await world.project.must("refresh", "--yes", "--skip-preview", "--clear-pending-creates");
    await world.project.up();
    const { key, keyId, unrecordedKeys } = await world.key();
    expect(unrecordedKeys).toEqual([]);
    expect(world.active()).toEqual([keyId]);
    expect(await world.works(key)).toBe(true);
  });

  test("after a key was made, in a create and in a rotation: its provider revokes it", async (context) => {
    const world = await startWorld(context);
    await world.declare(triggered("a"));
    await killEngineAt(world, MADE);
    await vi.waitFor(() => expect(world.active()).toEqual([]), { timeout: 30_000 });
    await unlock(world);
    // Without clearing what is pending, an update goes on as well, and warns.
    await world.project.up();
    const first = await world.key();
    expect(world.active()).toEqual([first.keyId]);

    await world.declare(triggered("b"));
    await killEngineAt(world, MADE);
    await vi.waitFor(() => expect(world.active()).toEqual([first.keyId]), { timeout: 30_000 });
    expect(await world.works(first.key)).toBe(true);
    await world.project.must("cancel", "--yes");
    await world.project.up();
    const second = await world.key();
    expect(second).toMatchObject({ revision: 2, unrecordedKeys: [] });
    expect(world.active()).toEqual([second.keyId]);
  });

  test("and one that was started again at once waits until no other process can be at work on a young leftover", async (context) => {
    const world = await startWorld(context);
    await world.declare(triggered("a"));
    await killProviderAt(world, MADE);
    await world.project.up();
    const { keyId } = await world.key();
    expect(world.active()).toEqual([keyId]);
    const leftover = world.emulator.admin.keys().find(({ status }) => status === "revoked");
    const lived = Date.parse(leftover?.revoked_at ?? "") - Date.parse(leftover?.created_at ?? "");
    expect(lived).toBeGreaterThanOrEqual(60_000);
  });
});
