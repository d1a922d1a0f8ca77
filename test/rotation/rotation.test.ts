import { parseDuration } from "@signatureapi-keys/lifecycle";
import { apiKeyStatusSchema, type ApiKeyStatus } from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readyNamespace, type Manifest } from "../e2e/manifests.ts";
import { OneKey } from "../e2e/one-key.ts";
import { FAST_TIMING, MANY_TEST_KEYS, World } from "../e2e/world.ts";

let world: World;

beforeAll(async () => {
  world = await World.start({ emulator: MANY_TEST_KEYS });
  await world.startController({ timing: FAST_TIMING });
});

afterAll(async () => world[Symbol.asyncDispose]());

async function ready(n: string, spec: Manifest = {}): Promise<{ key: OneKey; before: ApiKeyStatus }> {
  const key = new OneKey(world, n);
  return { key, before: await key.settled(spec) };
}

/** Calls an emergency. */
async function annotate(key: OneKey, value: string): Promise<void> {
  await key.annotate({ "signatureapi.com/emergency-rotate": value });
}

/** Resolves once the controller has looked at everything. */
async function lookedAt(key: OneKey, reconcile: string): Promise<void> {
  await key.annotate({ "signatureapi.com/reconcile": reconcile });
  await key.untilStatus(({ lastHandledReconcileAt }) => lastHandledReconcileAt === reconcile);
}

function keysMade(): number {
  return world.emulator.admin.keys().length;
}

describe("the time of the next rotation", () => {
  test("lies within the window", async () => {
    const window = { schedule: "0 3 * * 1-5", timeZone: "Europe/Vienna", duration: "2h" };
    const { before } = await ready("window", { rotation: { every: "90d", window } });
    const clock = new Intl.DateTimeFormat("en-GB", {
      timeZone: "Europe/Vienna",
      weekday: "short",
      hour: "numeric",
    }).format(new Date(before.nextRotationAt ?? ""));
    expect(clock).toMatch(/^(Mon|Tue|Wed|Thu|Fri), 0[34]$/);
  });

  test("follows an edit of every and of the window, and nothing is minted for it", async () => {
    const { key, before } = await ready("moved", { rotation: { every: "90d" } });
    const made = keysMade();
    const every = parseDuration("90d") ?? 0;
    const due = Date.parse(before.nextRotationAt ?? "") - Date.parse(before.createdAt ?? "");
    expect(due).toBeGreaterThanOrEqual(every * 0.9);
    expect(due).toBeLessThan(every + 60_000);
    await key.declare({ rotation: { every: "30d" } });
    const sooner = await key.untilStatus(({ nextRotationAt }) => nextRotationAt !== before.nextRotationAt);
    const window = { schedule: "0 0 1 1 *", duration: "1h" };
    await key.declare({ rotation: { every: "30d", window } });
    const inWindow = await key.untilStatus(({ nextRotationAt }) => nextRotationAt !== sooner.nextRotationAt);
    expect(inWindow.nextRotationAt).toMatch(/^20[0-9]{2}-01-01T00:/);
    expect([inWindow.keyId, keysMade()]).toEqual([before.keyId, made]);
  });

  test.each([
    ["schedule", { schedule: "61 3 * * *" }],
    ["timeZone", { timeZone: "Mars/Phobos" }],
  ])("is refused for an invalid %s before anything is minted", async (field, changes) => {
    const made = keysMade();
    const n = `invalid-${field.toLowerCase()}`;
    const window = { schedule: "0 3 * * *", timeZone: "UTC", duration: "1h", ...changes };
    const key = new OneKey(world, n);
    await key.create({ rotation: { every: "90d", window } });
    expect(await key.refused("InvalidSpec")).toContain(`spec.rotation.window.${field}`);
    expect(keysMade()).toBe(made);
  });
});

describe("a key that retires", () => {
  test("follows an edit of the overlap, and ends with it", async () => {
    const { key, before } = await ready("overlap", { rotation: { overlap: "1h" } });
    await key.declare({ rotation: { overlap: "1h", trigger: "one" } });
    const [retiring] = (await key.replaced(before.keyId)).previous ?? [];
    const replacedAt = Date.parse(retiring?.replacedAt ?? "");
    expect(Date.parse(retiring?.revokeAt ?? "") - replacedAt).toBe(3_600_000);
    await key.declare({ rotation: { overlap: "3h", trigger: "one" } });
    const later = (previous: ApiKeyStatus["previous"]): boolean =>
      Date.parse(previous?.[0]?.revokeAt ?? "") === replacedAt + 3 * 3_600_000;
    await key.untilStatus(({ previous }) => later(previous));
    expect(world.stateOf(before.keyId)).toBe("active");
    await key.declare({ rotation: { overlap: "0s", trigger: "one" } });
    await key.untilStatus(({ previous }) => previous === undefined);
    expect(world.stateOf(before.keyId)).toBe("revoked");
    expect(await key.authenticates()).toBe(200);
  });

  test("is revoked with the new one when the ApiKey is deleted", async () => {
    const { key, before } = await ready("deleted");
    await key.declare({ rotation: { trigger: "one" } });
    const after = await key.replaced(before.keyId);
    await key.remove();
    expect([before.keyId, after.keyId].map((id) => world.stateOf(id))).toEqual(["revoked", "revoked"]);
  });
});

describe("a request to rotate, by annotation,", () => {
  const NAME = "signatureapi.com/rotate";
  test("is obeyed once, with the overlap, whatever becomes of it afterwards", async () => {
    const { key, before } = await ready("asked", { rotation: { overlap: "24h" } });
    await key.annotate({ [NAME]: "monday" });
    const after = await key.replaced(before.keyId);
    const [retiring] = after.previous ?? [];
    expect(retiring?.keyId).toBe(before.keyId);
    expect(Date.parse(retiring?.revokeAt ?? "") - Date.parse(retiring?.replacedAt ?? "")).toBe(
      24 * 3_600_000,
    );
    const made = keysMade();
    // As GitOps takes away what is not in its manifest, and a person sets it again.
    await key.patch({ metadata: { annotations: { [NAME]: null } } });
    await lookedAt(key, "without the annotation");
    await key.annotate({ [NAME]: "monday" });
    await lookedAt(key, "with the same text");
    await key.wipeStatus();
    await key.untilStatus(({ keyId }) => keyId === after.keyId);
    expect(keysMade()).toBe(made);
    await key.annotate({ [NAME]: "tuesday" });
    await key.replaced(after.keyId);
  });

  test("that is made before there is a key is none", async () => {
    const key = new OneKey(world, "asked-early");
    const metadata = { name: "app", namespace: "asked-early", annotations: { [NAME]: "one" } };
    await world.apply(...readyNamespace("asked-early", world.emulator.url), { ...key.manifest(), metadata });
    const { keyId, revision } = await key.untilStatus((status) => status.keyId !== undefined);
    await lookedAt(key, "looked at again");
    expect([(await key.status()).keyId, revision]).toEqual([keyId, 1]);
  });
});

describe("an emergency", () => {
  test("replaces the key at once, and revokes it and all before it without an overlap", async () => {
    const { key, before: first } = await ready("emergency", { rotation: { overlap: "24h" } });
    await key.declare({ rotation: { overlap: "24h", trigger: "one" } });
    const second = await key.replaced(first.keyId);
    const leaked = (await key.value()) ?? "";
    await annotate(key, "leaked on 2026-11-24");
    const third = await key.untilStatus(
      ({ keyId, attempt, previous }) =>
        keyId !== second.keyId && attempt === undefined && previous === undefined,
    );
    expect([first.keyId, second.keyId].map((id) => world.stateOf(id))).toEqual(["revoked", "revoked"]);
    expect(third.emergency).toBe("leaked on 2026-11-24");
    expect([await world.authenticates(leaked), await key.authenticates()]).toEqual([401, 200]);
  });

  test("that was obeyed is not obeyed again when the status is lost", async () => {
    const { key, before } = await ready("replayed");
    await annotate(key, "one");
    const after = await key.untilStatus(
      ({ keyId, attempt, previous }) =>
        keyId !== before.keyId && attempt === undefined && previous === undefined,
    );
    const made = keysMade();
    await key.wipeStatus();
    const rebuilt = await key.untilStatus(({ keyId }) => keyId !== undefined);
    expect([rebuilt.keyId, rebuilt.emergency, keysMade()]).toEqual([after.keyId, "one", made]);
    await annotate(key, "two");
    await key.replaced(after.keyId);
  });

  test("that is asked for before there is a key is none", async () => {
    const key = new OneKey(world, "early");
    const metadata = {
      name: "app",
      namespace: "early",
      annotations: { "signatureapi.com/emergency-rotate": "one" },
    };
    await world.apply(...readyNamespace("early", world.emulator.url), { ...key.manifest(), metadata });
    const { emergency, revision } = await key.untilStatus(({ keyId }) => keyId !== undefined);
    expect([emergency, revision]).toEqual(["one", 1]);
  });

  test("in a loop makes five keys an hour, and then says so", async () => {
    const { key, before } = await ready("looping");
    let status = before;
    for (const value of ["1", "2", "3", "4", "5"]) {
      await annotate(key, value);
      status = await key.replaced(status.keyId);
    }
    await annotate(key, "6");
    const message = await key.until((object) => {
      const conditions = apiKeyStatusSchema.parse(object?.status ?? {}).conditions ?? [];
      return conditions.find(({ reason }) => reason === "MintBudgetExhausted")?.message;
    });
    expect(message).toContain("signatureapi.com/emergency-rotate");
    expect(await key.authenticates()).toBe(200);
    expect((await key.status()).keyId).toBe(status.keyId);
  });
});

describe("a test key", () => {
  test("is rolled by a trigger and in an emergency, and an event reports the gap", async () => {
    const { key, before } = await ready("gap", { mode: "test" });
    const old = (await key.value()) ?? "";
    await key.declare({ mode: "test", rotation: { trigger: "one" } });
    const rolled = await key.untilStatus(({ revision, attempt }) => revision === 2 && attempt === undefined);
    await annotate(key, "one");
    const forced = await key.untilStatus(({ revision, attempt }) => revision === 3 && attempt === undefined);
    expect([rolled.keyId, forced.keyId]).toEqual([before.keyId, before.keyId]);
    expect([await world.authenticates(old), await key.authenticates()]).toEqual([401, 200]);
    expect(await key.event("KeyMinted", /stopped at once/)).toContain("rolled key");
  });
});
