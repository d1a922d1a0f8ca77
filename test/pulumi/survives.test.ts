import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ACCOUNT, startWorld, triggered } from "./world.ts";

const DAY = 24;

describe.concurrent("a rotation and its schedule survive", () => {
  test("refresh, up --refresh, --target of something else, and a changed period", async (context) => {
    const world = await startWorld(context);
    const keys = {
      checkout: { mode: "live", rotation: { every: "90d", overlap: "24h" } },
      other: { mode: "live" },
    };
    await world.up(keys);
    const first = await world.key();
    world.project.advance(90 * DAY + 1);
    await world.project.must("refresh", "--yes", "--skip-preview");
    const other = { ...keys, other: { mode: "live", description: "Another one" } };
    await world.up(other, "--target", "**::other");
    expect((await world.key()).keyId).toBe(first.keyId);
    expect(world.description((await world.key("other")).keyId)).toContain("Another one");
    await world.project.up("--refresh");
    const second = await world.key();
    expect(second).toMatchObject({ revision: 2, previous: [{ keyId: first.keyId }] });

    // Half a period later a shorter one is declared: it counts from the same beginning, and is due at once.
    world.project.advance(45 * DAY);
    const shorter = { ...other, checkout: { mode: "live", rotation: { every: "30d", overlap: "24h" } } };
    await world.declare(shorter);
    expect(await world.project.preview()).toMatch(/~ generation +: 2 => 3[\s\S]*~ retiredGeneration: 0 => 1/);
    await world.project.up();
    const third = await world.key();
    expect(third).toMatchObject({ revision: 3, previous: [{ keyId: second.keyId }] });
    expect(world.active()).not.toContain(first.keyId);
    await world.project.must("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  test("ignoreChanges, of everything too", async (context) => {
    const world = await startWorld(context);
    const rotation = { every: "90d", overlap: "24h" };
    const all = { mode: "live", description: "One", rotation, opts: { ignoreChanges: ["*"] } };
    const some = { mode: "live", description: "One", opts: { ignoreChanges: ["description", "generation"] } };
    await world.up({ checkout: all, other: some });
    const first = await world.key();
    const changed = {
      checkout: { ...all, description: "Two", rotation: { trigger: "ignored" } },
      other: { ...some, description: "Two", rotation: { trigger: "a" } },
    };
    await world.up(changed);
    expect(await world.key()).toEqual(first);
    expect(world.description(first.keyId)).toContain("One");
    const other = await world.key("other");
    expect(other.revision).toBe(2);
    expect(world.description(other.keyId)).toContain("One");
    world.project.advance(90 * DAY + 1);
    await world.project.up();
    expect(await world.key()).toMatchObject({ revision: 2, previous: [{ keyId: first.keyId }] });
  });

  test("an update that fails after the new key was made: the retry makes no second one", async (context) => {
    const world = await startWorld(context);
    await world.up(triggered("a"));
    const first = await world.key();
    world.emulator.admin.addFault({
      match: { operation: "revokeApiKey" },
      fault: { kind: "status", status: 422 },
    });
    await world.declare(triggered("b"));
    const failed = await world.project.pulumi("up", "--yes", "--skip-preview");
    expect(failed.code).not.toBe(0);
    expect(failed.text).toContain("revokeApiKey");
    expect(world.active()).toHaveLength(2);
    const [, minted] = world.active();
    await world.project.up();
    expect(await world.key()).toMatchObject({ keyId: minted, revision: 2, previous: [] });
    expect(world.active()).toEqual([minted]);
    expect(await world.works(first.key)).toBe(false);
    await world.project.must("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  test("a saved plan", async (context) => {
    const world = await startWorld(context);
    const plan = join(world.project.folder, "plan.json");
    // Times are rounded to full hours: between a preview and its update none must strike.
    world.project.advance((70 - new Date().getMinutes()) / 60);
    const keys = { checkout: { mode: "live", rotation: { every: "90d", overlap: "24h" } } };
    await world.declare(keys);
    await world.project.must("preview", "--save-plan", plan);
    await world.project.up("--plan", plan);
    const first = await world.key();
    world.project.advance(90 * DAY + 1);
    await world.project.must("preview", "--save-plan", plan);
    await world.project.up("--plan", plan);
    expect(await world.key()).toMatchObject({ revision: 2, previous: [{ keyId: first.keyId }] });
    // What has become due since the plan was made is not in the plan, and so is not done.
    await world.project.must("preview", "--save-plan", plan);
    world.project.advance(26);
    const late = await world.project.pulumi("up", "--yes", "--skip-preview", "--plan", plan);
    expect(late.code).not.toBe(0);
    expect(late.text).toContain("violates plan");
    expect(world.active()).toHaveLength(2);
  });

  test("a key that was revoked behind our back is replaced, with a refresh or without", async (context) => {
    const world = await startWorld(context);
    const keys = { checkout: { mode: "live" } };
    await world.up(keys);
    const first = await world.key();
    world.emulator.admin.revokeKey(ACCOUNT, first.keyId);
    await world.project.up();
    const second = await world.key();
    expect(second).toMatchObject({ revision: 2, status: "active", previous: [] });
    world.emulator.admin.revokeKey(ACCOUNT, second.keyId);
    await world.project.up("--refresh");
    const third = await world.key();
    expect(third).toMatchObject({ revision: 3, status: "active", previous: [] });
    expect(world.active()).toEqual([third.keyId]);
    expect(await world.works(third.key)).toBe(true);
    await world.project.must("up", "--yes", "--skip-preview", "--expect-no-changes");
  });
});
