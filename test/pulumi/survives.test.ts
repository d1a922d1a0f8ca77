import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ACCOUNT, startStage, triggered } from "./stage.ts";

const DAY = 24;

describe.concurrent("a rotation and its schedule survive", () => {
  test("refresh, up --refresh, --target of something else, and a changed period", async (context) => {
    const stage = await startStage(context);
    const keys = {
      checkout: { mode: "live", rotation: { every: "90d", overlap: "24h" } },
      other: { mode: "live" },
    };
    await stage.up(keys);
    const first = await stage.key();
    stage.project.advance(90 * DAY + 1);
    await stage.project.must("refresh", "--yes", "--skip-preview");
    const other = { ...keys, other: { mode: "live", description: "Another one" } };
    await stage.up(other, "--target", "**::other");
    expect((await stage.key()).keyId).toBe(first.keyId);
    expect(stage.description((await stage.key("other")).keyId)).toContain("Another one");
    await stage.project.up("--refresh");
    const second = await stage.key();
    expect(second).toMatchObject({ revision: 2, previous: [{ keyId: first.keyId }] });

    // Half a period later a shorter one is declared: it counts from the same beginning, and is due at once.
    stage.project.advance(45 * DAY);
    const shorter = { ...other, checkout: { mode: "live", rotation: { every: "30d", overlap: "24h" } } };
    await stage.declare(shorter);
    expect(await stage.project.preview()).toMatch(/~ generation +: 2 => 3[\s\S]*~ retiredGeneration: 0 => 1/);
    await stage.project.up();
    const third = await stage.key();
    expect(third).toMatchObject({ revision: 3, previous: [{ keyId: second.keyId }] });
    expect(stage.active()).not.toContain(first.keyId);
    await stage.project.must("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  test("ignoreChanges, of everything too", async (context) => {
    const stage = await startStage(context);
    const rotation = { every: "90d", overlap: "24h" };
    const all = { mode: "live", description: "One", rotation, opts: { ignoreChanges: ["*"] } };
    const some = { mode: "live", description: "One", opts: { ignoreChanges: ["description", "generation"] } };
    await stage.up({ checkout: all, other: some });
    const first = await stage.key();
    const changed = {
      checkout: { ...all, description: "Two", rotation: { trigger: "ignored" } },
      other: { ...some, description: "Two", rotation: { trigger: "a" } },
    };
    await stage.up(changed);
    expect(await stage.key()).toEqual(first);
    expect(stage.description(first.keyId)).toContain("One");
    const other = await stage.key("other");
    expect(other.revision).toBe(2);
    expect(stage.description(other.keyId)).toContain("One");
    stage.project.advance(90 * DAY + 1);
    await stage.project.up();
    expect(await stage.key()).toMatchObject({ revision: 2, previous: [{ keyId: first.keyId }] });
  });

  test("an update that fails after the new key was made: the retry makes no second one", async (context) => {
    const stage = await startStage(context);
    await stage.up(triggered("a"));
    const first = await stage.key();
    stage.emulator.admin.addFault({
      match: { operation: "revokeApiKey" },
      fault: { kind: "status", status: 422 },
    });
    await stage.declare(triggered("b"));
    const failed = await stage.project.pulumi("up", "--yes", "--skip-preview");
    expect(failed.code).not.toBe(0);
    expect(failed.text).toContain("revokeApiKey");
    expect(stage.active()).toHaveLength(2);
    const [, minted] = stage.active();
    await stage.project.up();
    expect(await stage.key()).toMatchObject({ keyId: minted, revision: 2, previous: [] });
    expect(stage.active()).toEqual([minted]);
    expect(await stage.works(first.key)).toBe(false);
    await stage.project.must("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  test("a saved plan", async (context) => {
    const stage = await startStage(context);
    const plan = join(stage.project.folder, "plan.json");
    // Times are rounded to full hours: between a preview and its update none must strike.
    stage.project.advance((70 - new Date().getMinutes()) / 60);
    const keys = { checkout: { mode: "live", rotation: { every: "90d", overlap: "24h" } } };
    await stage.declare(keys);
    await stage.project.must("preview", "--save-plan", plan);
    await stage.project.up("--plan", plan);
    const first = await stage.key();
    stage.project.advance(90 * DAY + 1);
    await stage.project.must("preview", "--save-plan", plan);
    await stage.project.up("--plan", plan);
    expect(await stage.key()).toMatchObject({ revision: 2, previous: [{ keyId: first.keyId }] });
    // What has become due since the plan was made is not in the plan, and so is not done.
    await stage.project.must("preview", "--save-plan", plan);
    stage.project.advance(26);
    const late = await stage.project.pulumi("up", "--yes", "--skip-preview", "--plan", plan);
    expect(late.code).not.toBe(0);
    expect(late.text).toContain("violates plan");
    expect(stage.active()).toHaveLength(2);
  });

  test("a key that was revoked behind our back is replaced after a refresh", async (context) => {
    const stage = await startStage(context);
    const keys = { checkout: { mode: "live" } };
    await stage.up(keys);
    const first = await stage.key();
    stage.emulator.admin.revokeKey(ACCOUNT, first.keyId);
    await stage.project.must("up", "--yes", "--skip-preview", "--expect-no-changes");
    await stage.project.up("--refresh");
    const second = await stage.key();
    expect(second).toMatchObject({ revision: 2, status: "active", previous: [] });
    expect(stage.active()).toEqual([second.keyId]);
    expect(await stage.works(second.key)).toBe(true);
  });
});
