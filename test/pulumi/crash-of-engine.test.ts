import { describe, expect, test, vi } from "vitest";
import { killProviderAt, upTo, type Point } from "./crash.ts";
import { startStage, triggered, type Stage } from "./stage.ts";

/** A key was made, and its answer is not read. */
const MADE: Point = {
  operation: "createApiKey",
  effect: "done",
  visible: ({ emulator }) => emulator.admin.keys()[0]?.description.includes("?]") === true,
};

/** Kills the engine at a point, and lets the request go on that its provider waits for. */
async function killEngineAt(stage: Stage, point: Point): Promise<void> {
  const running = await upTo(stage, point);
  expect(stage.project.providers()).not.toEqual([]);
  running.kill();
  await running.ended;
  stage.emulator.admin.clearFaults();
}

/** The provider ends by itself, some time after its engine. */
async function providerEnds(stage: Stage): Promise<void> {
  await vi.waitFor(() => expect(stage.project.providers()).toEqual([]), {
    timeout: 120_000,
    interval: 500,
  });
}

async function unlock(stage: Stage): Promise<void> {
  const locked = await stage.project.pulumi("up", "--yes", "--skip-preview");
  expect(locked.text).toContain("pulumi cancel");
  await stage.project.must("cancel", "--yes");
}

describe.concurrent("the engine is killed", () => {
  test("before the request for a key: its provider mints nothing, and ends", async (context) => {
    const stage = await startStage(context);
    await stage.declare({ checkout: { mode: "live" } });
    await killEngineAt(stage, { operation: "listApiKeys", effect: "late" });
    await providerEnds(stage);
    expect(stage.emulator.admin.counters()).toEqual({ getAccount: 1, listApiKeys: 1 });
    await unlock(stage);
    await stage.project.must("refresh", "--yes", "--skip-preview", "--clear-pending-creates");
    await stage.project.up();
    const { key, keyId, unrecordedKeys } = await stage.key();
    expect(unrecordedKeys).toEqual([]);
    expect(stage.active()).toEqual([keyId]);
    expect(await stage.works(key)).toBe(true);
  });

  test("after a key was made, in a create and in a rotation: its provider revokes it", async (context) => {
    const stage = await startStage(context);
    await stage.declare(triggered("a"));
    await killEngineAt(stage, MADE);
    await vi.waitFor(() => expect(stage.active()).toEqual([]), { timeout: 30_000 });
    await unlock(stage);
    // Without clearing what is pending, an update goes on as well, and warns.
    await stage.project.up();
    const first = await stage.key();
    expect(stage.active()).toEqual([first.keyId]);

    await stage.declare(triggered("b"));
    await killEngineAt(stage, MADE);
    await vi.waitFor(() => expect(stage.active()).toEqual([first.keyId]), { timeout: 30_000 });
    expect(await stage.works(first.key)).toBe(true);
    await stage.project.must("cancel", "--yes");
    await stage.project.up();
    const second = await stage.key();
    expect(second).toMatchObject({ revision: 2, unrecordedKeys: [] });
    expect(stage.active()).toEqual([second.keyId]);
  });

  test("and one that was started again at once waits until no other process can be at work on a young leftover", async (context) => {
    const stage = await startStage(context);
    await stage.declare(triggered("a"));
    await killProviderAt(stage, MADE);
    await stage.project.up();
    const { keyId } = await stage.key();
    expect(stage.active()).toEqual([keyId]);
    const leftover = stage.emulator.admin.keys().find(({ status }) => status === "revoked");
    const lived = Date.parse(leftover?.revoked_at ?? "") - Date.parse(leftover?.created_at ?? "");
    expect(lived).toBeGreaterThanOrEqual(60_000);
  });
});
