import { accountStatusSchema, CLUSTER_ACCOUNTS } from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isReady, refusedFor } from "./conditions.ts";
import { apiKey, clusterAccount, credentials, namespace, tokenOf, type Manifest } from "./manifests.ts";
import { OneKey } from "./one-key.ts";
import type { RunningController } from "./running-controller.ts";
import { FAST_TIMING, World } from "./world.ts";

let world: World;
let controller: RunningController;
const SETTINGS = { timing: FAST_TIMING, flags: ["--inventory-interval", "1s"] };

beforeAll(async () => {
  world = await World.start();
  await world.apply(namespace("signatureapi-system"));
  controller = await world.startController(SETTINGS);
});

afterAll(async () => world[Symbol.asyncDispose]());

/** A ClusterAccount of its own, which allows a namespace one live key, and the key. */
async function oneAllowed(n: string): Promise<OneKey> {
  world.addVendorAccount(n);
  const allow = [{ modes: ["live"], namespaceSelector: {}, maxKeys: 1 }];
  await world.apply(
    namespace(n),
    credentials("signatureapi-system", { name: n, token: tokenOf(n) }),
    clusterAccount(n, world.emulator.url, { credentials: { name: n }, allow }),
  );
  return declare(n, "app");
}

async function declare(n: string, name: string, spec: Manifest = {}): Promise<OneKey> {
  const key = new OneKey(world, n, { name });
  await world.apply(apiKey(n, name, { accountRef: { kind: "ClusterAccount", name: n }, ...spec }));
  return key;
}

/** Deletes an ApiKey without the controller's end: what holds it is taken off while it is being deleted. */
async function vanish(key: OneKey): Promise<void> {
  await key.change({ deletionProtection: true });
  await key.delete();
  await key.refused("DeletionProtected");
  await key.patch({ metadata: { finalizers: null } });
  await key.gone();
  await key.deleteSecret();
}

/** Resolves with what an ApiKey waits for, and with no text once it has its key. */
async function waits(key: OneKey): Promise<string> {
  return key.until((object) => (isReady(object) === true ? "" : refusedFor("KeyLimitReached")(object)));
}

test("a key whose ApiKey has lost its finalizer in a deletion counts, also for the next process, until it is revoked", async () => {
  const n = "stripped";
  const first = await oneAllowed(n);
  await first.untilReady();
  const { keyId } = await first.delivered();
  await vanish(first);
  const second = await declare(n, "app");
  expect(await waits(second)).toMatch(/has 1 of the 1 keys.*1 of them were left by ApiKeys/);
  const recorded = await world.watcher.until(CLUSTER_ACCOUNTS, { name: n }, (object) => {
    const { leftKeys } = accountStatusSchema.parse(object?.status ?? {});
    return leftKeys;
  });
  expect(recorded).toMatchObject([{ namespace: n, mode: "live", keyIds: [keyId] }]);

  await controller.stop();
  controller = await world.startController(SETTINGS);
  const third = await declare(n, "another");
  await third.refused("KeyLimitReached");
  expect(world.activeKeysIn(`acc_${n}`)).toEqual([keyId]);

  world.emulator.admin.revokeKey(`acc_${n}`, keyId);
  const reason = await Promise.any(
    [second, third].map(async (key) => key.untilReady().then(() => key.ref.name)),
  );
  expect(["app", "another"]).toContain(reason);
  expect(world.activeKeysIn(`acc_${n}`)).toHaveLength(1);
  await world.watcher.until(CLUSTER_ACCOUNTS, { name: n }, (object) =>
    accountStatusSchema.parse(object?.status ?? {}).leftKeys === undefined ? "is empty" : undefined,
  );
});

test("a key whose ApiKey had its finalizer removed before its deletion counts as well", async () => {
  const n = "at-once";
  const first = await oneAllowed(n);
  await first.untilReady();
  const { keyId } = await first.delivered();
  // The controller may put it back in between: then the deletion is its own.
  await first.patch({ metadata: { finalizers: null } });
  await first.remove();
  const left = world.stateOf(keyId) === "active";
  if (left) await first.deleteSecret();
  const second = await declare(n, "app");
  expect(await waits(second)).toMatch(left ? /left by ApiKeys/ : /^$/);
  expect(world.activeKeysIn(`acc_${n}`)).toHaveLength(1);
});

test("an ApiKey that the controller has ended leaves nothing that counts", async () => {
  const n = "ended";
  const first = await oneAllowed(n);
  await first.untilReady();
  await first.remove();
  const second = await declare(n, "app");
  expect(await waits(second)).toBe("");
  expect(world.activeKeysIn(`acc_${n}`)).toHaveLength(1);
});
