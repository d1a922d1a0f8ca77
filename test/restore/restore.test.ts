import { ACCOUNTS, accountStatusSchema, apiKeyStatusSchema } from "@signatureapi-keys/controller/resources";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { conditionOf, isReady, refusedFor } from "../e2e/conditions.ts";
import { account, readyNamespace } from "../e2e/manifests.ts";
import { OneKey } from "../e2e/one-key.ts";
import { FAST_TIMING, World, type WorldOptions } from "../e2e/world.ts";

/** Soon, so that a test need not wait for what a restored cluster finds out by its inventory. */
const FLAGS = ["--inventory-interval", "1s"];
const APP = { namespace: "shop", name: "app" };
const TEST_TIMEOUT = 120_000;

let worlds: World[];

beforeEach(() => {
  worlds = [];
});

afterEach(async () => {
  // The copies first: they use the emulator of the original.
  for (const world of worlds.toReversed()) await world[Symbol.asyncDispose]();
});

async function newWorld(options: WorldOptions = {}): Promise<World> {
  const world = await World.start(options);
  worlds.push(world);
  return world;
}

/** A world with one delivered key. */
async function delivered(): Promise<{ world: World; keyId: string }> {
  const world = await newWorld();
  const controller = await world.startController({ timing: FAST_TIMING, flags: FLAGS });
  const { keyId } = await keyOf(world).ready({ rotation: { overlap: "1s" } });
  await controller.stop();
  return { world, keyId };
}

/** The ApiKey of a world, and the key that its status names. */
function keyOf(world: World): OneKey {
  return new OneKey(world, APP.namespace);
}

async function keyIdIn(world: World): Promise<string> {
  return (await keyOf(world).status()).keyId ?? "";
}

/** The installation that an ApiKey's status names. */
async function installationIn(world: World): Promise<string> {
  return (await keyOf(world).status()).installation ?? "";
}

/** Whether the value in the Secret of a cluster is one that the vendor accepts. */
async function works(world: World, vendor: World): Promise<boolean> {
  return (await vendor.authenticates((await keyOf(world).value()) ?? "")) !== 401;
}

const READS = ["getAccount", "getApiKey", "listApiKeys", "listEnvelopes"];

/** Requests that change something in the vendor account. */
function changes(world: World): Readonly<Record<string, unknown>> {
  return without(world.emulator.admin.counters(), READS);
}

function without(
  object: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

describe("etcd is restored from a snapshot", () => {
  test(
    "that is older than a rotation: the key in use is reported and lives on, and a new one is delivered",
    { timeout: TEST_TIMEOUT },
    async () => {
      const { world, keyId: old } = await delivered();
      const snapshot = await world.cluster.snapshotEtcd();
      const rotating = await world.startController({ timing: FAST_TIMING, flags: FLAGS });
      await keyOf(world).declare({ rotation: { overlap: "1s", trigger: "2026-11" } });
      await expect.poll(() => world.stateOf(old), { timeout: 20_000 }).toBe("revoked");
      const inUse = await keyIdIn(world);
      await rotating.stop();
      await world.cluster.restoreEtcd(snapshot);
      expect(await works(world, world)).toBe(false);

      // First of all with --read-only: it says what it would do, and changes nothing.
      world.emulator.admin.clearRequests();
      const looking = await world.startController({ timing: FAST_TIMING, flags: [...FLAGS, "--read-only"] });
      await looking.logged(/"reason":"ReadOnly".*the next step would be/);
      await looking.stop();
      expect(changes(world)).toEqual({});

      await world.startController({ timing: FAST_TIMING, flags: FLAGS });
      const replaced = await keyOf(world).until((object) => {
        const { keyId } = apiKeyStatusSchema.parse(object?.status ?? {});
        return keyId !== undefined && keyId !== old && isReady(object) === true ? keyId : undefined;
      });
      expect(replaced).not.toBe(inUse);
      expect(await works(world, world)).toBe(true);
      await world.watcher.until(ACCOUNTS, { namespace: "shop", name: "default" }, (object) =>
        conditionOf(object, "UnaccountedKeys")?.message.includes(inUse),
      );
      expect(world.stateOf(inUse)).toBe("active");
    },
  );

  test(
    "that is older than the account's one test key: it is recorded again, and rolled",
    { timeout: TEST_TIMEOUT },
    async () => {
      const world = await newWorld();
      const key = keyOf(world);
      await key.create({ mode: "test", suspend: true });
      const first = await world.startController({ timing: FAST_TIMING, flags: FLAGS });
      await key.until(refusedFor("Suspended"));
      await first.stop();
      const snapshot = await world.cluster.snapshotEtcd();
      const minting = await world.startController({ timing: FAST_TIMING, flags: FLAGS });
      await key.suspend(false);
      await key.untilReady();
      const { keyId } = await key.delivered();
      await minting.stop();
      await world.cluster.restoreEtcd(snapshot);

      await world.startController({ timing: FAST_TIMING, flags: FLAGS });
      await key.change({ suspend: false });
      await key.untilReady();
      expect(await keyIdIn(world)).toBe(keyId);
      expect(await works(world, world)).toBe(true);
      expect(world.emulator.admin.keys().map(({ id }) => id)).toEqual([keyId]);
    },
  );

  test(
    "that was taken in the middle of a mint: the key that was committed later is not revoked before it is replaced",
    { timeout: TEST_TIMEOUT },
    async () => {
      const world = await newWorld();
      await keyOf(world).create({ rotation: { overlap: "3s" } });
      const held = Promise.withResolvers<void>();
      const reached = Promise.withResolvers<void>();
      const timing = { ...FAST_TIMING, postWindow: 30_000, attemptLifetime: 60_000, settleTime: 32_000 };
      const minting = await world.startController({
        timing,
        hooks: {
          before: async (step) => {
            if (step.kind !== "mint") return;
            reached.resolve();
            await held.promise;
          },
        },
      });
      await reached.promise;
      const snapshot = await world.cluster.snapshotEtcd();
      held.resolve();
      await keyOf(world).untilReady();
      const inUse = await keyIdIn(world);
      await minting.stop();
      await world.cluster.restoreEtcd(snapshot);
      expect((await keyOf(world).status()).attempt).toBeDefined();

      // An hour later, on the tests' clock.
      await world.startController({
        timing: { ...FAST_TIMING, revivedAfter: FAST_TIMING.attemptLifetime + 1 },
        flags: FLAGS,
      });
      const committedAt = await keyOf(world).until((object) =>
        isReady(object) === true ? Date.now() : undefined,
      );
      expect(world.stateOf(inUse)).toBe("active");
      expect(await keyIdIn(world)).not.toBe(inUse);
      await expect.poll(() => world.stateOf(inUse), { timeout: 30_000 }).toBe("revoked");
      expect(Date.now() - committedAt).toBeGreaterThan(2_000);
      expect(await works(world, world)).toBe(true);
    },
  );
});

describe("objects are restored into another cluster, without status and with new UIDs", () => {
  const objectSchema = z.looseObject({ metadata: z.record(z.string(), z.unknown()) });
  const OF_THE_OLD_OBJECT = [
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
    "finalizers",
  ];

  /** What a backup tool puts back: no status, and no field that belongs to the old object. */
  async function restored(from: World, kind: string, name: string): Promise<Record<string, unknown>> {
    const { stdout } = await from.cluster.kubectl(["get", kind, name, "-n", "shop", "-o", "yaml"]);
    const { metadata, ...rest } = objectSchema.parse(parse(stdout));
    return { ...without(rest, ["status"]), metadata: without(metadata, OF_THE_OLD_OBJECT) };
  }

  test("the Secret is in the way, and the key goes on working", { timeout: TEST_TIMEOUT }, async () => {
    const { world, keyId } = await delivered();
    const installation = await installationIn(world);
    const copy = await newWorld();
    await copy.apply(
      ...readyNamespace("shop", world.emulator.url),
      await restored(world, "secret", "app"),
      await restored(world, "apikey", "app"),
    );
    world.emulator.admin.clearRequests();
    const controller = await copy.startController({
      timing: FAST_TIMING,
      flags: [...FLAGS, "--installation", installation, "--allowed-base-urls", world.emulator.url],
    });
    expect(await keyOf(copy).refused("SecretConflict")).toMatch(/Secret app exists and is not this ApiKey's/);
    await copy.watcher.until(ACCOUNTS, { namespace: "shop", name: "default" }, (object) =>
      conditionOf(object, "UnaccountedKeys")?.message.includes(keyId),
    );
    expect(changes(world)).toEqual({});
    expect(await works(copy, world)).toBe(true);

    // The way on: another key. The old one is revoked by hand, once nothing uses it.
    await keyOf(copy).deleteSecret();
    await keyOf(copy).untilReady();
    expect(await works(copy, world)).toBe(true);
    expect(world.stateOf(keyId)).toBe("active");
    await controller.stop();
  });

  test(
    "adoption takes the key over with its value, once its owner provably is gone, and nothing is minted",
    { timeout: TEST_TIMEOUT },
    async () => {
      const { world, keyId } = await delivered();
      const before = await keyOf(world).secret();
      const installation = await installationIn(world);
      const copy = await newWorld();
      await copy.apply(
        ...readyNamespace("shop", world.emulator.url),
        account("shop", world.emulator.url, { adoptKeyIds: [keyId] }),
        await restored(world, "secret", "app"),
        await restored(world, "apikey", "app"),
      );
      world.emulator.admin.clearRequests();
      const flags = [...FLAGS, "--allowed-base-urls", world.emulator.url];
      const controller = await copy.startController({ timing: FAST_TIMING, flags });
      // The message names the way.
      expect(await keyOf(copy).refused("SecretConflict")).toContain(`spec.adopt with keyId ${keyId}`);
      await keyOf(copy).change({ adopt: { keyId } });
      // As long as the old installation may live, its keys are not taken.
      expect(await keyOf(copy).refused("AdoptionRefused")).toContain(
        `--previous-installations ${installation}`,
      );
      await controller.stop();
      expect(changes(world)).toEqual({});

      // A controller that does not see every namespace cannot know that the owner is gone.
      const narrow = await copy.startController({
        timing: FAST_TIMING,
        flags: [...flags, "--namespaces", "shop", "--previous-installations", installation],
      });
      await narrow.logged(/does not see all namespaces/);
      await narrow.stop();
      expect(changes(world)).toEqual({});

      await copy.startController({
        timing: FAST_TIMING,
        flags: [...flags, "--previous-installations", installation],
      });
      await keyOf(copy).untilReady();
      expect(await keyIdIn(copy)).toBe(keyId);
      expect(changes(world)).toEqual({ updateApiKey: 1 });
      expect((await keyOf(copy).secret()).data).toEqual(before.data);
      expect(await works(copy, world)).toBe(true);
      await copy.watcher.until(ACCOUNTS, { namespace: "shop", name: "default" }, (object) => {
        const { keys } = accountStatusSchema.parse(object?.status ?? {});
        return keys?.managed === 1 && keys.unaccounted === 0;
      });
      // And it is managed like any other from then on.
      await keyOf(copy).delete();
      await expect.poll(() => world.stateOf(keyId), { timeout: 20_000 }).toBe("revoked");
    },
  );
});

async function cloned(): Promise<{ world: World; copy: World; keyId: string }> {
  const { world, keyId } = await delivered();
  const copy = await newWorld({ cluster: { etcdData: await world.cluster.snapshotEtcd() } });
  world.emulator.admin.clearRequests();
  return { world, copy, keyId };
}

describe("a cluster is cloned, down to the UIDs", () => {
  test("a controller with --read-only changes nothing", { timeout: TEST_TIMEOUT }, async () => {
    const { world, copy, keyId } = await cloned();
    await keyOf(copy).deleteSecret();
    const controller = await copy.startController({
      timing: FAST_TIMING,
      flags: [...FLAGS, "--read-only", "--allowed-base-urls", world.emulator.url],
    });
    await controller.logged(/"reason":"ReadOnly".*the next step would be/);
    await controller.logged(/"inventory made"/, 2);
    await controller.stop();
    expect(changes(world)).toEqual({});
    expect(world.stateOf(keyId)).toBe("active");
  });

  test(
    "a controller with its own --installation leaves what it finds alone, and can be given new ApiKeys",
    { timeout: TEST_TIMEOUT },
    async () => {
      const { world, copy, keyId } = await cloned();
      await keyOf(copy).deleteSecret();
      const controller = await copy.startController({
        timing: FAST_TIMING,
        flags: [...FLAGS, "--installation", "00000c107e", "--allowed-base-urls", world.emulator.url],
      });
      await controller.logged(/"reason":"ManagedByAnother"/);
      expect(changes(world)).toEqual({});
      const other = new OneKey(copy, "shop", { name: "other" });
      await other.declare({});
      await other.untilReady();
      await copy.watcher.until(ACCOUNTS, { namespace: "shop", name: "default" }, (object) => {
        const { keys } = accountStatusSchema.parse(object?.status ?? {});
        return keys?.managed === 1 && keys.foreign === 1;
      });
      expect(world.stateOf(keyId)).toBe("active");
      await controller.stop();
    },
  );
});
