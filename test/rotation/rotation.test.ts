import { parseDuration } from "@signatureapi-keys/lifecycle";
import { API_KEYS, apiKeyStatusSchema, SECRETS } from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isReady, refusedFor } from "../e2e/conditions.ts";
import { eventNote } from "../e2e/events.ts";
import { apiKey, readyNamespace } from "../e2e/manifests.ts";
import { FAST_TIMING, World, type Manifest } from "../e2e/world.ts";

type Status = ReturnType<typeof apiKeyStatusSchema.parse>;

let world: World;

beforeAll(async () => {
  world = await World.start({
    emulator: { accounts: [{ id: "acc_emulator", token: "emulator-token", testKeys: 50 }] },
  });
  await world.startController({ timing: FAST_TIMING });
});

afterAll(async () => world[Symbol.asyncDispose]());

const ref = (n: string): { namespace: string; name: string } => ({ namespace: n, name: "app" });

/** Declares an ApiKey, with an account that works, in a namespace of its own. */
async function declare(n: string, spec: Manifest): Promise<void> {
  await world.apply(...readyNamespace(n, world.emulator.url), apiKey(n, "app", spec));
}

async function ready(n: string, spec: Manifest = {}): Promise<Status> {
  await declare(n, spec);
  await world.watcher.until(API_KEYS, ref(n), isReady);
  return statusThat(n, ({ attempt }) => attempt === undefined);
}

/** Resolves with the status once it looks as is wanted. */
async function statusThat(n: string, wanted: (status: Status) => boolean): Promise<Status> {
  return world.watcher.until(API_KEYS, ref(n), (object) => {
    const status = apiKeyStatusSchema.parse(object?.status ?? {});
    return wanted(status) ? status : undefined;
  });
}

async function annotate(n: string, value: string): Promise<void> {
  const metadata = { annotations: { "signatureapi.com/rotate": value } };
  await world.kube.patch(API_KEYS, ref(n), { metadata }, { type: "merge" });
}

async function valueOf(n: string): Promise<string> {
  const { data } = await world.kube.get(SECRETS, ref(n));
  return Buffer.from(data?.["SIGNATUREAPI_KEY"] ?? "", "base64").toString("utf8");
}

async function authenticates(value: string): Promise<number> {
  return (await fetch(`${world.emulator.url}/envelopes`, { headers: { "x-api-key": value } })).status;
}

function stateOf(keyId: string | undefined): string | undefined {
  return world.emulator.admin.keys().find((key) => key.id === keyId)?.status;
}

function keysMade(): number {
  return world.emulator.admin.keys().length;
}

const isReplaced =
  (before: Status) =>
  ({ keyId, attempt }: Status): boolean =>
    keyId !== before.keyId && attempt === undefined;

describe("the time of the next rotation", () => {
  test("lies within the window", async () => {
    const window = { schedule: "0 3 * * 1-5", timeZone: "Europe/Vienna", duration: "2h" };
    const { nextRotationAt = "" } = await ready("window", { rotation: { every: "90d", window } });
    const clock = new Intl.DateTimeFormat("en-GB", {
      timeZone: "Europe/Vienna",
      weekday: "short",
      hour: "numeric",
    }).format(new Date(nextRotationAt));
    expect(clock).toMatch(/^(Mon|Tue|Wed|Thu|Fri), 0[34]$/);
  });

  test("follows an edit of every and of the window, and nothing is minted for it", async () => {
    const before = await ready("moved", { rotation: { every: "90d" } });
    const made = keysMade();
    const every = parseDuration("90d") ?? 0;
    const due = Date.parse(before.nextRotationAt ?? "") - Date.parse(before.createdAt ?? "");
    expect(due).toBeGreaterThanOrEqual(every * 0.9);
    expect(due).toBeLessThan(every + 60_000);
    await world.apply(apiKey("moved", "app", { rotation: { every: "30d" } }));
    const sooner = await statusThat(
      "moved",
      ({ nextRotationAt }) => nextRotationAt !== before.nextRotationAt,
    );
    const window = { schedule: "0 0 1 1 *", duration: "1h" };
    await world.apply(apiKey("moved", "app", { rotation: { every: "30d", window } }));
    const inWindow = await statusThat(
      "moved",
      ({ nextRotationAt }) => nextRotationAt !== sooner.nextRotationAt,
    );
    expect(inWindow.nextRotationAt).toMatch(/^20[0-9]{2}-01-01T00:/);
    expect([inWindow.keyId, keysMade()]).toEqual([before.keyId, made]);
  });

  test.each([
    ["schedule", { schedule: "61 3 * * *" }],
    ["timeZone", { timeZone: "Mars/Phobos" }],
    ["duration", { duration: "1s" }],
  ])("is refused for an invalid %s before anything is minted", async (field, changes) => {
    const made = keysMade();
    const n = `invalid-${field.toLowerCase()}`;
    const window = { schedule: "0 3 * * *", timeZone: "UTC", duration: "1h", ...changes };
    await declare(n, { rotation: { every: "90d", window } });
    const message = await world.watcher.until(API_KEYS, ref(n), refusedFor("InvalidSpec"));
    expect(message).toContain(`spec.rotation.window.${field}`);
    expect(keysMade()).toBe(made);
  });
});

describe("a key that retires", () => {
  test("follows an edit of the overlap, and ends with it", async () => {
    const before = await ready("overlap", { rotation: { overlap: "1h" } });
    await world.apply(apiKey("overlap", "app", { rotation: { overlap: "1h", trigger: "one" } }));
    const [retiring] = (await statusThat("overlap", isReplaced(before))).previous ?? [];
    const replacedAt = Date.parse(retiring?.replacedAt ?? "");
    expect(Date.parse(retiring?.revokeAt ?? "") - replacedAt).toBe(3_600_000);
    await world.apply(apiKey("overlap", "app", { rotation: { overlap: "3h", trigger: "one" } }));
    const later = (previous: Status["previous"]): boolean =>
      Date.parse(previous?.[0]?.revokeAt ?? "") === replacedAt + 3 * 3_600_000;
    await statusThat("overlap", ({ previous }) => later(previous));
    expect(stateOf(before.keyId)).toBe("active");
    await world.apply(apiKey("overlap", "app", { rotation: { overlap: "0s", trigger: "one" } }));
    await statusThat("overlap", ({ previous }) => previous === undefined);
    expect(stateOf(before.keyId)).toBe("revoked");
    expect(await authenticates(await valueOf("overlap"))).toBe(200);
  });

  test("is revoked with the new one when the ApiKey is deleted", async () => {
    const before = await ready("deleted");
    await world.apply(apiKey("deleted", "app", { rotation: { trigger: "one" } }));
    const after = await statusThat("deleted", isReplaced(before));
    await world.kube.delete(API_KEYS, ref("deleted"));
    await world.watcher.until(API_KEYS, ref("deleted"), (object) => object === undefined);
    expect([before.keyId, after.keyId].map(stateOf)).toEqual(["revoked", "revoked"]);
  });
});

describe("an emergency", () => {
  test("replaces the key at once, and revokes it and all before it without an overlap", async () => {
    const first = await ready("emergency", { rotation: { overlap: "24h" } });
    await world.apply(apiKey("emergency", "app", { rotation: { overlap: "24h", trigger: "one" } }));
    const second = await statusThat("emergency", isReplaced(first));
    const leaked = await valueOf("emergency");
    await annotate("emergency", "leaked on 2026-11-24");
    const third = await statusThat(
      "emergency",
      (status) => isReplaced(second)(status) && status.previous === undefined,
    );
    expect([first.keyId, second.keyId].map(stateOf)).toEqual(["revoked", "revoked"]);
    expect(third.emergency).toBe("leaked on 2026-11-24");
    expect([await authenticates(leaked), await authenticates(await valueOf("emergency"))]).toEqual([
      401, 200,
    ]);
  });

  test("that was obeyed is not obeyed again when the status is lost", async () => {
    const before = await ready("replayed");
    await annotate("replayed", "one");
    const after = await statusThat(
      "replayed",
      (status) => isReplaced(before)(status) && status.previous === undefined,
    );
    const made = keysMade();
    const object = await world.kube.get(API_KEYS, ref("replayed"));
    await world.kube.updateStatus(API_KEYS, { ...object, status: {} });
    const rebuilt = await statusThat("replayed", ({ keyId }) => keyId !== undefined);
    expect([rebuilt.keyId, rebuilt.emergency, keysMade()]).toEqual([after.keyId, "one", made]);
    await annotate("replayed", "two");
    await statusThat("replayed", isReplaced(after));
  });

  test("that is asked for before there is a key is none", async () => {
    const manifest = apiKey("early", "app");
    const metadata = { name: "app", namespace: "early", annotations: { "signatureapi.com/rotate": "one" } };
    await world.apply(...readyNamespace("early", world.emulator.url), { ...manifest, metadata });
    const { emergency, revision } = await statusThat("early", ({ keyId }) => keyId !== undefined);
    expect([emergency, revision]).toEqual(["one", 1]);
  });

  test("in a loop makes five keys an hour, and then says so", async () => {
    let status = await ready("looping");
    for (const value of ["1", "2", "3", "4", "5"]) {
      await annotate("looping", value);
      status = await statusThat("looping", isReplaced(status));
    }
    await annotate("looping", "6");
    const message = await world.watcher.until(API_KEYS, ref("looping"), (object) => {
      const conditions = apiKeyStatusSchema.parse(object?.status ?? {}).conditions ?? [];
      return conditions.find(({ reason }) => reason === "MintBudgetExhausted")?.message;
    });
    expect(message).toContain("signatureapi.com/rotate");
    expect(await authenticates(await valueOf("looping"))).toBe(200);
    expect((await statusThat("looping", () => true)).keyId).toBe(status.keyId);
  });
});

describe("a test key", () => {
  test("is rolled by a trigger and in an emergency, and an event tells of the gap", async () => {
    const before = await ready("gap", { mode: "test" });
    const old = await valueOf("gap");
    await world.apply(apiKey("gap", "app", { mode: "test", rotation: { trigger: "one" } }));
    const rolled = await statusThat(
      "gap",
      ({ revision, attempt }) => revision === 2 && attempt === undefined,
    );
    await annotate("gap", "one");
    const forced = await statusThat(
      "gap",
      ({ revision, attempt }) => revision === 3 && attempt === undefined,
    );
    expect([rolled.keyId, forced.keyId]).toEqual([before.keyId, before.keyId]);
    expect([await authenticates(old), await authenticates(await valueOf("gap"))]).toEqual([401, 200]);
    expect(await eventNote(world, "gap", "ApiKey", "app", "KeyMinted", /stopped at once/)).toContain(
      "rolled key",
    );
  });
});
