import { describe, expect, test } from "vitest";
import { ACCOUNT, startWorld, TOKEN } from "./world.ts";

const OTHER = { id: "acc_other", token: "token-of-the-other-account" };

describe.concurrent("the life of a key", () => {
  test("it is made, described, rotated by a trigger, and revoked", async (context) => {
    const world = await startWorld(context);
    const { project } = world;
    await world.up({ checkout: { mode: "live", description: "Checkout", rotation: { overlap: "24h" } } });
    const first = await world.key();
    expect(first).toMatchObject({ revision: 1, status: "active", previous: [], unrecordedKeys: [] });
    expect(await world.works(first.key)).toBe(true);
    expect(world.active()).toEqual([first.keyId]);

    const described = { mode: "live", description: "Checkout service", rotation: { overlap: "24h" } };
    await world.declare({ checkout: described });
    expect(await project.preview()).toMatch(/~ description +: "Checkout" => "Checkout service"/);
    await project.up();
    expect(await world.key()).toEqual(first);
    expect(world.description(first.keyId)).toMatch(/^Checkout service \[ak:/);

    const triggered = { ...described, rotation: { overlap: "24h", trigger: "2026-11" } };
    await world.declare({ checkout: triggered });
    const announced = await project.preview();
    expect(announced).toMatch(/~ generation +: 1 => 2/);
    expect(announced).toContain("~ pulumi-nodejs:dynamic/signatureapi:ApiKey: (update)");
    await project.up();
    const second = await world.key();
    expect(second).toMatchObject({ revision: 2, previous: [{ keyId: first.keyId }] });
    expect(world.active()).toEqual([first.keyId, second.keyId]);
    expect([await world.works(first.key), await world.works(second.key)]).toEqual([true, true]);

    await project.must("up", "--yes", "--skip-preview", "--expect-no-changes");
    project.advance(26);
    expect(await project.preview()).toMatch(/~ retiredGeneration: 0 => 1/);
    await project.up();
    expect(await world.key()).toEqual({ ...second, previous: [] });
    expect([await world.works(first.key), await world.works(second.key)]).toEqual([false, true]);

    await project.must("destroy", "--yes", "--skip-preview");
    expect(world.active()).toEqual([]);
  });

  test("it rotates on schedule, early enough for a weekly pipeline, and a test key keeps its ID", async (context) => {
    const world = await startWorld(context);
    const keys = {
      checkout: { mode: "live", rotation: { every: "90d", early: "7d", overlap: "24h" } },
      sandbox: { mode: "test", rotation: { every: "30d" } },
    };
    await world.up(keys);
    const [live, sandbox] = [await world.key(), await world.key("sandbox")];
    world.project.advance(84 * 24);
    await world.up(keys);
    const rotated = await world.key();
    expect(rotated).toMatchObject({ revision: 2, previous: [{ keyId: live.keyId }] });
    // Whole periods from the first time, so that a late update does not shift the schedule.
    const period = Date.parse(String(rotated["nextRotationAt"])) - Date.parse(String(live["nextRotationAt"]));
    expect(period).toBe(90 * 86_400_000);
    const rolled = await world.key("sandbox");
    expect(rolled).toMatchObject({ keyId: sandbox.keyId, revision: 2, previous: [] });
    expect([await world.works(sandbox.key), await world.works(rolled.key)]).toEqual([false, true]);
  });

  test("two accounts side by side do not see each other's token, and all that start at once have theirs", async (context) => {
    const world = await startWorld(context, {
      emulator: { accounts: [{ id: ACCOUNT, token: TOKEN }, OTHER] },
      project: {
        program: {
          text: `
import { Config } from "@pulumi/pulumi";
import { ApiKey, Provider } from "pulumi-signatureapi";
const other = new Provider("other", { token: new Config().requireSecret("otherToken") });
const of = (name, opts) => new ApiKey(name, { mode: "live" }, opts);
const ours = ["a", "b", "c"].map((name) => of(name));
const theirs = ["d", "e", "f"].map((name) => of(name, { provider: other }));
export const accounts = [...ours, ...theirs].map((key) => key.accountId);
`,
        },
      },
    });
    await world.project.must("config", "set", "--secret", "otherToken", OTHER.token);
    await world.project.up();
    const { accounts } = await world.project.outputs();
    expect(accounts).toEqual([ACCOUNT, ACCOUNT, ACCOUNT, OTHER.id, OTHER.id, OTHER.id]);
    expect(world.active()).toHaveLength(3);
    expect(world.active(OTHER.id)).toHaveLength(3);
    const requests = world.emulator.admin.requests();
    expect(requests.filter(({ status }) => status === 401)).toEqual([]);
    // A new token of an account changes the Provider, and no key.
    world.emulator.admin.setToken(OTHER.id, "another-token-of-the-other-account");
    await world.project.must("config", "set", "--secret", "otherToken", "another-token-of-the-other-account");
    expect(await world.project.up()).toMatch(/~ 1 updated\n +7 unchanged/);
    await world.project.must("destroy", "--yes", "--skip-preview");
    expect([...world.active(), ...world.active(OTHER.id)]).toEqual([]);
  });

  test("a key that something else manages is looked up, without its value", async (context) => {
    const world = await startWorld(context);
    const byHand = world.emulator.admin.createKey(ACCOUNT, { mode: "live", description: "Made by hand" });
    await world.project.write(
      "index.js",
      `
import { ApiKey } from "pulumi-signatureapi";
const found = ApiKey.get("found", "${byHand.id}");
export const { keyId, mode, hint, description, status } = found;
export const hasValue = found.key.apply((key) => key !== undefined);
`,
    );
    expect(await world.project.must("preview", "--diff")).toContain("read");
    await world.project.up();
    expect(await world.project.outputs()).toEqual({
      keyId: byHand.id,
      mode: "live",
      hint: byHand.hint,
      description: "Made by hand",
      status: "active",
      hasValue: false,
    });
    await world.project.must("refresh", "--yes", "--skip-preview");
    await world.project.must("destroy", "--yes", "--skip-preview");
    expect(world.active()).toEqual([byHand.id]);
    expect(world.description(byHand.id)).toBe("Made by hand");
  });
});
