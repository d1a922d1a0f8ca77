import { API_KEYS, apiKeyStatusSchema, CLUSTER_ACCOUNTS } from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, expect, test } from "vitest";
import { conditionOf, isReady, refusedFor } from "./conditions.ts";
import { account, apiKey, clusterAccount, credentials, namespace } from "./manifests.ts";
import { OneKey } from "./one-key.ts";
import { FAST_TIMING, World, type Manifest } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await World.start();
  await world.apply(namespace("signatureapi-system"));
  // One key an hour for a namespace, and three for each of its ApiKeys.
  await world.startController({ timing: FAST_TIMING, flags: ["--namespace-mint-budget", "1"] });
});

afterAll(async () => world[Symbol.asyncDispose]());

/** A ClusterAccount of its own, which allows a namespace so many live keys. */
function limited(n: string, maxKeys: number): readonly Manifest[] {
  world.emulator.admin.addAccount({ id: `acc_${n}`, token: `token-${n}` });
  return [
    namespace(n, { limited: n }),
    credentials("signatureapi-system", { name: n, token: `token-${n}` }),
    clusterAccount(n, world.emulator.url, {
      credentials: { name: n },
      allow: [{ modes: ["live"], namespaceSelector: { matchLabels: { limited: n } }, maxKeys }],
    }),
  ];
}

function declared(n: string, name: string, spec: Manifest = {}): Manifest {
  return apiKey(n, name, { accountRef: { kind: "ClusterAccount", name: n }, ...spec });
}

function activeKeys(n: string): number {
  const keys = world.emulator.admin.keys();
  return keys.filter((key) => key.account === `acc_${n}` && key.status === "active").length;
}

function madeKeys(n: string): number {
  return world.emulator.admin.keys().filter((key) => key.account === `acc_${n}`).length;
}

test("a namespace has no more keys than maxKeys allows, whoever asks at the same time, until one goes", async () => {
  const names = ["a", "b", "c", "d"];
  await world.apply(...limited("full", 2), ...names.map((name) => declared("full", name)));
  const waits = async (name: string): Promise<string | undefined> =>
    world.watcher.until(API_KEYS, { namespace: "full", name }, (object) =>
      isReady(object) === true ? "" : refusedFor("KeyLimitReached")(object),
    );
  const told = await Promise.all(names.map(waits));
  const waiting = names.filter((_name, index) => told[index] !== "");
  expect(waiting).toHaveLength(2);
  expect(told.find((message) => message !== "")).toMatch(/full has 2 of the 2 keys.*ClusterAccount full/);
  expect(activeKeys("full")).toBe(2);

  const served = names.find((name) => !waiting.includes(name)) ?? "";
  await world.kube.delete(API_KEYS, { namespace: "full", name: served });
  await Promise.any(
    waiting.map(async (name) => world.watcher.until(API_KEYS, { namespace: "full", name }, isReady)),
  );
  expect([activeKeys("full"), madeKeys("full")]).toEqual([2, 3]);
});

test("a key at the limit is replaced once, waits for its overlap the next time, and an emergency waits for nothing", async () => {
  const rotation = { overlap: "1h" };
  await world.apply(
    ...limited("tight", 1),
    declared("tight", "app", { rotation: { ...rotation, trigger: "1" } }),
  );
  const key = new OneKey(world, "tight");
  await world.watcher.until(API_KEYS, key.ref, isReady);
  const first = (await key.value()) ?? "";
  await world.apply(declared("tight", "app", { rotation: { ...rotation, trigger: "2" } }));
  const second = await key.newValue(first);
  await world.apply(declared("tight", "app", { rotation: { ...rotation, trigger: "3" } }));
  const stalled = await world.watcher.until(API_KEYS, key.ref, (object) => {
    const condition = conditionOf(object, "Stalled");
    return condition?.reason === "KeyLimitReached" ? condition.message : undefined;
  });
  expect(stalled).toMatch(/2 of the 1 keys.*is revoked at/);
  const object = await world.kube.get(API_KEYS, key.ref);
  expect([isReady(object), activeKeys("tight"), await key.value()]).toEqual([true, 2, second]);

  await key.annotate({ "signatureapi.com/rotate": "leaked" });
  await key.newValue(second);
  await key.untilStatus(({ previous }) => previous === undefined);
  expect(activeKeys("tight")).toBe(1);
});

test("the lines of every object that stands for one account hold, and a lower maxKeys takes no key away", async () => {
  await world.apply(
    ...limited("shared", 5),
    credentials("shared", { token: "token-shared" }),
    account("shared", world.emulator.url),
    declared("shared", "a"),
    apiKey("shared", "b"),
  );
  for (const name of ["a", "b"]) await world.watcher.until(API_KEYS, { namespace: "shared", name }, isReady);
  const allow = [{ modes: ["live"], namespaceSelector: { matchLabels: { limited: "shared" } }, maxKeys: 1 }];
  await world.kube.patch(CLUSTER_ACCOUNTS, { name: "shared" }, { spec: { allow } }, { type: "merge" });
  await world.watcher.until(
    CLUSTER_ACCOUNTS,
    { name: "shared" },
    (object) => conditionOf(object, "Ready")?.observedGeneration === object?.metadata.generation,
  );
  await world.apply(apiKey("shared", "c"));
  const message = await world.watcher.until(
    API_KEYS,
    { namespace: "shared", name: "c" },
    refusedFor("KeyLimitReached"),
  );
  expect(message).toMatch(/shared has 2 of the 1 keys.*ClusterAccount shared/);
  expect(activeKeys("shared")).toBe(2);
});

test("a loop of rotations uses up the namespace's budget, and an emergency is not held back", async () => {
  const key = new OneKey(world, "looped");
  let { value } = await key.ready({ rotation: { overlap: "0s", trigger: "0" } });
  for (let count = 1; count <= 3; count += 1) {
    await key.declare({ rotation: { overlap: "0s", trigger: String(count) } });
    value = await key.newValue(value);
  }
  await key.declare({ rotation: { overlap: "0s", trigger: "4" } });
  const message = await world.watcher.until(API_KEYS, key.ref, (object) => {
    const condition = conditionOf(object, "Stalled");
    return condition?.reason === "MintBudgetExhausted" ? condition.message : undefined;
  });
  expect(message).toMatch(
    /4 keys were made within an hour for namespace looped, and 4 are allowed.*next key is made at/,
  );
  expect(await key.value()).toBe(value);
  await key.annotate({ "signatureapi.com/rotate": "leaked" });
  expect(await key.newValue(value)).not.toBe(value);
});

test("creating and deleting in a loop uses up the namespace's budget", async () => {
  const key = new OneKey(world, "created-and-deleted");
  for (let count = 0; count < 4; count += 1) {
    await key.ready();
    await key.delete();
    await key.gone();
  }
  await key.declare({});
  await world.watcher.until(API_KEYS, key.ref, refusedFor("MintBudgetExhausted"));
  expect(apiKeyStatusSchema.parse((await world.kube.get(API_KEYS, key.ref)).status).attempt).toBeUndefined();
  expect(key.active()).toBe(0);
  // What was refused needs no controller to go.
  expect((await world.kube.get(API_KEYS, key.ref)).metadata.finalizers ?? []).toEqual([]);
});
