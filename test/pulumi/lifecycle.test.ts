import { describe, expect, test } from "vitest";
import { ACCOUNT, startStage, TOKEN } from "./stage.ts";

const OTHER = { id: "acc_other", token: "token-of-the-other-account" };

describe.concurrent("the life of a key", () => {
  test("it is made, described, rotated by a trigger, and revoked", async (context) => {
    const stage = await startStage(context);
    const { project } = stage;
    await stage.up({ checkout: { mode: "live", description: "Checkout", rotation: { overlap: "24h" } } });
    const first = await stage.key();
    expect(first).toMatchObject({ revision: 1, status: "active", previous: [], unrecordedKeys: [] });
    expect(await stage.works(first.key)).toBe(true);
    expect(stage.active()).toEqual([first.keyId]);

    const described = { mode: "live", description: "Checkout service", rotation: { overlap: "24h" } };
    await stage.declare({ checkout: described });
    expect(await project.preview()).toMatch(/~ description +: "Checkout" => "Checkout service"/);
    await project.up();
    expect(await stage.key()).toEqual(first);
    expect(stage.description(first.keyId)).toMatch(/^Checkout service \[ak:/);

    const triggered = { ...described, rotation: { overlap: "24h", trigger: "2026-11" } };
    await stage.declare({ checkout: triggered });
    const announced = await project.preview();
    expect(announced).toMatch(/~ generation +: 1 => 2/);
    expect(announced).toContain("~ pulumi-nodejs:dynamic/signatureapi:ApiKey: (update)");
    await project.up();
    const second = await stage.key();
    expect(second).toMatchObject({ revision: 2, previous: [{ keyId: first.keyId }] });
    expect(stage.active()).toEqual([first.keyId, second.keyId]);
    expect([await stage.works(first.key), await stage.works(second.key)]).toEqual([true, true]);

    await project.must("up", "--yes", "--skip-preview", "--expect-no-changes");
    project.advance(26);
    expect(await project.preview()).toMatch(/~ retiredGeneration: 0 => 1/);
    await project.up();
    expect(await stage.key()).toEqual({ ...second, previous: [] });
    expect([await stage.works(first.key), await stage.works(second.key)]).toEqual([false, true]);

    await project.must("destroy", "--yes", "--skip-preview");
    expect(stage.active()).toEqual([]);
  });

  test("it rotates on schedule, early enough for a weekly pipeline, and a test key keeps its ID", async (context) => {
    const stage = await startStage(context);
    const keys = {
      checkout: { mode: "live", rotation: { every: "90d", early: "7d", overlap: "24h" } },
      sandbox: { mode: "test", rotation: { every: "30d" } },
    };
    await stage.up(keys);
    const [live, sandbox] = [await stage.key(), await stage.key("sandbox")];
    stage.project.advance(84 * 24);
    await stage.up(keys);
    const rotated = await stage.key();
    expect(rotated).toMatchObject({ revision: 2, previous: [{ keyId: live.keyId }] });
    // Whole periods from the first time, so that a late update does not shift the schedule.
    const period = Date.parse(String(rotated["nextRotationAt"])) - Date.parse(String(live["nextRotationAt"]));
    expect(period).toBe(90 * 86_400_000);
    const rolled = await stage.key("sandbox");
    expect(rolled).toMatchObject({ keyId: sandbox.keyId, revision: 2, previous: [] });
    expect([await stage.works(sandbox.key), await stage.works(rolled.key)]).toEqual([false, true]);
  });

  test("two accounts side by side do not see each other's token, and all that start at once have theirs", async (context) => {
    const stage = await startStage(context, {
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
    await stage.project.must("config", "set", "--secret", "otherToken", OTHER.token);
    await stage.project.up();
    const { accounts } = await stage.project.outputs();
    expect(accounts).toEqual([ACCOUNT, ACCOUNT, ACCOUNT, OTHER.id, OTHER.id, OTHER.id]);
    expect(stage.active()).toHaveLength(3);
    expect(stage.active(OTHER.id)).toHaveLength(3);
    const requests = stage.emulator.admin.requests();
    expect(requests.filter(({ status }) => status === 401)).toEqual([]);
    // A new token of an account changes the Provider, and no key.
    stage.emulator.admin.setToken(OTHER.id, "another-token-of-the-other-account");
    await stage.project.must("config", "set", "--secret", "otherToken", "another-token-of-the-other-account");
    expect(await stage.project.up()).toMatch(/~ 1 updated\n +7 unchanged/);
    await stage.project.must("destroy", "--yes", "--skip-preview");
    expect([...stage.active(), ...stage.active(OTHER.id)]).toEqual([]);
  });

  test("a key that something else manages is looked up, without its value", async (context) => {
    const stage = await startStage(context);
    const byHand = stage.emulator.admin.createKey(ACCOUNT, { mode: "live", description: "Made by hand" });
    await stage.project.write(
      "index.js",
      `
import { ApiKey } from "pulumi-signatureapi";
const found = ApiKey.get("found", "${byHand.id}");
export const { keyId, mode, hint, description, status } = found;
export const hasValue = found.key.apply((key) => key !== undefined);
`,
    );
    expect(await stage.project.must("preview", "--diff")).toContain("read");
    await stage.project.up();
    expect(await stage.project.outputs()).toEqual({
      keyId: byHand.id,
      mode: "live",
      hint: byHand.hint,
      description: "Made by hand",
      status: "active",
      hasValue: false,
    });
    await stage.project.must("refresh", "--yes", "--skip-preview");
    await stage.project.must("destroy", "--yes", "--skip-preview");
    expect(stage.active()).toEqual([byHand.id]);
    expect(stage.description(byHand.id)).toBe("Made by hand");
  });
});
