import { describe, expect, test } from "vitest";
import { ACCOUNT, startWorld, TOKEN } from "./world.ts";

const OTHER = { id: "acc_other", token: "token-of-the-other-account" };
const YES = ["--yes", "--skip-preview"];
const NOWHERE = "http://127.0.0.1:9/v1";

describe.concurrent("failures", () => {
  test("bad arguments are named, each with its property, and nothing is minted", async (context) => {
    const world = await startWorld(context);
    await world.declare({
      checkout: {
        description: "",
        rotation: { every: "10m", overlap: "x", windows: [] },
        deletionPolicy: "Keep",
        adopt: { keyId: "ak_123", key: "not the value of a key" },
      },
    });
    const { code, text } = await world.project.pulumi("preview");
    expect(code).not.toBe(0);
    for (const part of [
      'mode must be "test" or "live"',
      "rotation.every 10m is too short; at least 1h",
      'rotation.overlap "x" is not a duration',
      'deletionPolicy must be "Revoke" or "Retain"',
      "there is no rotation.windows; check the spelling",
      "the description is empty: say what the key is for",
      "adopt.key must be the value of a key",
    ]) {
      expect(text).toContain(part);
    }
    // What is refused may be a value all the same.
    expect(text).not.toContain("not the value of a key");
    expect(world.emulator.admin.requests()).toEqual([]);
  });

  test("no token, a wrong one, no permission, live mode disabled: each says what to do, and the next up succeeds", async (context) => {
    const world = await startWorld(context);
    const { admin } = world.emulator;
    const { project } = world;
    await world.declare({ checkout: { mode: "live" } });
    const fails = async (...parts: readonly string[]): Promise<void> => {
      const { code, text } = await project.pulumi("up", ...YES);
      expect(code).not.toBe(0);
      for (const part of parts) expect(text).toContain(part);
      // The failure is for users: no stack of ours.
      expect(text).not.toContain("dynamic.cjs");
      expect(admin.keys()).toEqual([]);
    };
    project.token = null;
    await fails("There is no management token. Set SIGNATUREAPI_MANAGEMENT_TOKEN");
    project.token = "token-of-no-account";
    await fails("401", "Check the management token", "add --run-program");
    project.token = TOKEN;
    admin.updateAccount(ACCOUNT, { permissions: [] });
    await fails("403", "the permission Manage API keys");
    admin.updateAccount(ACCOUNT, { permissions: ["manage_api_keys"], liveMode: "disabled" });
    await fails("No key was minted", "Upgrade the account");
    admin.updateAccount(ACCOUNT, { liveMode: "enabled" });
    await project.up();
    expect(world.active()).toEqual([(await world.key()).keyId]);
  });

  test("with the API down a preview still works, an update says so, and nothing of the state is lost", async (context) => {
    const world = await startWorld(context);
    const { project } = world;
    const rotation = { overlap: "24h", trigger: "a" };
    await world.up({ checkout: { mode: "live", rotation } });
    const before = await world.key();
    await project.must("config", "set", "signatureapi:baseUrl", NOWHERE);
    await project.must("up", ...YES, "--expect-no-changes");
    await world.declare({ checkout: { mode: "live", rotation: { ...rotation, trigger: "b" } } });
    expect(await project.preview()).toMatch(/~ generation +: 1 => 2/);
    const failed = await project.pulumi("up", ...YES);
    expect(failed.code).not.toBe(0);
    expect(failed.text).toContain("Check that the base URL is right and can be reached from here");
    expect(await world.key()).toEqual(before);
    await project.must("config", "set", "signatureapi:baseUrl", world.emulator.url);
    await project.up();
    expect(await world.key()).toMatchObject({ revision: 2, previous: [{ keyId: before.keyId }] });
  });

  test("a request that times out after its effect leaves no key, and one whose confirmation hangs keeps its value", async (context) => {
    const world = await startWorld(context);
    await world.declare({ checkout: { mode: "live" } });
    world.emulator.admin.addFault({
      match: { operation: "createApiKey" },
      when: "after",
      fault: { kind: "hang" },
    });
    const unknown = await world.project.pulumi("up", ...YES);
    expect(unknown.code).not.toBe(0);
    expect(unknown.text).toMatch(/It is not known whether a key was minted.*Run pulumi up again/s);
    expect(world.active()).toEqual([]);

    world.emulator.admin.addFault({
      match: { operation: "updateApiKey" },
      fault: { kind: "hang" },
    });
    const unconfirmed = await world.project.pulumi("up", ...YES);
    expect(unconfirmed.code).not.toBe(0);
    const [minted = ""] = world.active();
    // The engine prints only what a partial failure gives as its reasons.
    expect(unconfirmed.text).toContain(`It is not known whether the new key ${minted} was confirmed`);
    expect(unconfirmed.text).not.toMatch(/key_(live|test)_/);
    expect(await world.project.allFiles()).not.toMatch(/key_(live|test)_/);
    // Nothing but the state says now which code the resource belongs to.
    await world.project.must("refresh", ...YES);
    await world.project.up();
    const { keyId, key, status } = await world.key();
    expect({ keyId, status }).toEqual({ keyId: minted, status: "active" });
    expect(await world.works(key)).toBe(true);
    expect(world.active()).toEqual([minted]);
    expect(world.description(minted)).not.toContain("?]");
  });

  test("a token of another account is refused; an explicit Provider moves the key to it", async (context) => {
    const world = await startWorld(context, {
      emulator: { accounts: [{ id: ACCOUNT, token: TOKEN }, OTHER] },
    });
    const { project } = world;
    await world.up({ checkout: { mode: "live" } });
    const { keyId } = await world.key();
    project.token = OTHER.token;
    for (const command of [["preview"], ["up", ...YES], ["refresh", ...YES], ["destroy", ...YES]]) {
      const { code, text } = await project.pulumi(...command);
      expect(code).not.toBe(0);
      expect(text).toContain(`AccountChanged: the key belongs to account ${ACCOUNT}`);
    }
    expect([world.active(), world.active(OTHER.id)]).toEqual([[keyId], []]);

    project.token = TOKEN;
    await project.write(
      "index.js",
      `
import { ApiKey, Provider } from "pulumi-signatureapi";
const other = new Provider("other", { token: "${OTHER.token}" });
export const { keyId } = new ApiKey("checkout", { mode: "live" }, { provider: other });
`,
    );
    expect(await project.up()).toContain("1 replaced");
    const moved = await project.outputs();
    expect([world.active(), world.active(OTHER.id)]).toEqual([[], [moved["keyId"]]]);
  });
});
