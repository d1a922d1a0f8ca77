import { API_KEYS, CLUSTER_ACCOUNTS, SECRETS } from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, expect, test } from "vitest";
import { conditionOf, refusedFor } from "./conditions.ts";
import { clusterAccount, credentials, namespace, tokenOf } from "./manifests.ts";
import { judgedInventory } from "./inventories.ts";
import { OneKey } from "./one-key.ts";
import type { RunningController } from "./running-controller.ts";
import { FAST_TIMING, World } from "./world.ts";

let world: World;
let controller: RunningController;

beforeAll(async () => {
  world = await World.start();
  await world.apply(namespace("signatureapi-system"));
  controller = await world.startController({
    timing: FAST_TIMING,
    flags: ["--inventory-interval", "1s"],
  });
});

afterAll(async () => world[Symbol.asyncDispose]());

function keysOf(account: string, status: string): readonly string[] {
  const keys = world.emulator.admin.keys();
  return keys.filter((key) => key.account === account && key.status === status).map(({ id }) => id);
}

async function ownKey(name: string, testKeys = 10): Promise<{ key: OneKey; account: string }> {
  await world.addAccount(name, {}, { testKeys });
  return { key: new OneKey(world, name), account: `acc_${name}` };
}

test.concurrent("a create that was refused although it took effect leaves no key, and delays nothing", async () => {
  const { key, account } = await ownKey("refused");
  world.emulator.admin.addFault({
    match: { operation: "createApiKey", account },
    when: "after",
    fault: { kind: "status", status: 422 },
  });
  await key.declare({ rotation: { overlap: "1s" } });
  await key.untilReady();
  expect(await key.authenticates()).toBe(200);
  const { keyId, abandoned } = await key.status();
  expect(abandoned).toMatchObject([{ refused: true }]);
  await controller.logged(/"namespace":"refused".*"reason":"AttemptAbandoned".*"msg":"key revoked"/);
  expect(keysOf(account, "active")).toEqual([keyId]);
});

test.concurrent("a value that a shell would read as a command is not delivered, and its key is revoked", async () => {
  const { key, account } = await ownKey("odd");
  const text = JSON.stringify({
    id: "ak_odd",
    description: "odd",
    mode: "live",
    status: "active",
    created_at: "2026-11-02T09:30:00.000Z",
    revoked_at: null,
    hint: "id)`",
    key: "key_live_0123456789`$(id)`",
  });
  world.emulator.admin.addFault({
    match: { operation: "createApiKey", account },
    when: "after",
    fault: { kind: "status", status: 201, body: "text", text, contentType: "application/json" },
  });
  const template = [{ name: ".env", value: "SIGNATUREAPI_KEY={{key}}\n" }];
  await key.declare({ secret: { template } });
  await key.untilReady();
  expect(await key.value(".env")).toMatch(/^SIGNATUREAPI_KEY=key_live_\w+\n$/);
  await controller.logged(/"namespace":"odd".*"reason":"AttemptAbandoned".*"msg":"key revoked"/);
  expect(keysOf(account, "active")).toEqual([(await key.status()).keyId]);
});

// Not beside the others: it takes all faults away.
test("a new key that is not shown for a moment is neither replaced nor forgotten", async () => {
  const { key, account } = await ownKey("hidden");
  await key.declare({ rotation: { overlap: "0s", trigger: "one" } });
  await key.untilReady();
  const { keyId: first } = await key.status();
  world.emulator.admin.addFault({
    match: { operation: "getApiKey", account },
    times: 1_000,
    fault: { kind: "status", status: 404 },
  });
  await key.change({ rotation: { overlap: "0s", trigger: "two" } });
  await key.untilStatus(({ keyId: now }) => now !== first);
  await key.until((object) => conditionOf(object, "Ready")?.reason === "KeyNotVisible");
  world.emulator.admin.clearFaults();
  const { keyId, revision } = await key.untilStatus(
    ({ keyId: now, previous = [], attempt }) =>
      now !== first && previous.length === 0 && attempt === undefined,
  );
  expect(revision).toBe(2);
  expect(keysOf(account, "active")).toEqual([keyId]);
  expect(keysOf(account, "revoked")).toEqual([first]);
});

test.concurrent("the account's one test key does not stand in the way of its own ApiKey, when all records are lost", async () => {
  const { key, account } = await ownKey("forgotten", 1);
  await key.declare({ mode: "test" });
  await key.untilReady();
  const before = await key.status();
  await key.suspend(true);
  await world.kube.delete(SECRETS, { namespace: key.namespace, name: "app" });
  await key.until(refusedFor("Suspended"));
  const { status: _lost, ...object } = await world.kube.get(API_KEYS, key.ref);
  await world.kube.updateStatus(API_KEYS, { ...object, status: {} });
  await key.suspend(false);
  await key.untilReady();
  const after = await key.status();
  expect(after.keyId).toBe(before.keyId);
  expect(after.fingerprint).not.toBe(before.fingerprint);
  expect(await key.authenticates()).toBe(200);
  expect(keysOf(account, "active")).toEqual([before.keyId]);
});

test.concurrent("a create that takes effect after its ApiKey is gone leaves a key that is reported, and revoked where that is allowed", async () => {
  const { account } = await ownKey("gone");
  await world.apply(
    credentials("signatureapi-system", { name: "gone", token: tokenOf("gone") }),
    clusterAccount("gone", world.emulator.url, {
      credentials: { name: "gone" },
      allow: [{ modes: ["live"], namespaceSelector: {} }],
    }),
  );
  const key = new OneKey(world, "gone", { name: "late" });
  const match = { operation: "createApiKey", account } as const;
  const late = 2 * FAST_TIMING.attemptLifetime + 4 * FAST_TIMING.settleTime;
  world.emulator.admin.addFault({ match, fault: { kind: "late", ms: late } });
  await key.declare({ accountRef: { kind: "ClusterAccount", name: "gone" } });
  await world.emulator.admin.waitForRequests(match);
  await key.remove();
  expect(keysOf(account, "active")).toEqual([]);

  const [left] = await world.watcher.until(CLUSTER_ACCOUNTS, { name: "gone" }, (object) => {
    const ids = keysOf(account, "active");
    const reported = conditionOf(object, "UnaccountedKeys")?.message ?? "";
    return ids.length === 1 && ids.every((id) => reported.includes(id)) && ids;
  });
  await world.kube.patch(
    CLUSTER_ACCOUNTS,
    { name: "gone" },
    { spec: { orphans: "Revoke" } },
    { type: "merge" },
  );
  await controller.logged(/"reason":"Orphaned".*"msg":"key revoked"/);
  expect(keysOf(account, "revoked")).toEqual([left]);
});

test.concurrent("a list that looks complete and shows 20 of 2,000 keys proves nothing", async () => {
  const { account } = await ownKey("short");
  const names = Array.from({ length: 12 }, (_none, index) => `app-${index}`);
  const keys = names.map((name) => new OneKey(world, "short", { name }));
  await world.apply(...keys.map((key) => key.manifest()));
  for (const key of keys) await key.untilReady();
  const before = keysOf(account, "active");
  const { admin } = world.emulator;
  const match = { operation: "listApiKeys", account } as const;
  admin.addFault({ match, times: 1_000, fault: { kind: "next-link", url: null } });
  // Newest first, so that what a short list shows is none of ours.
  for (let made = names.length; made < 2_000; made += 1)
    admin.createKey(account, { mode: "live", description: "made by hand" });
  for (let count = 0; count < 3; count += 1) await judgedInventory(world, "short");

  const active = new Set(keysOf(account, "active"));
  expect(before.filter((id) => !active.has(id))).toEqual([]);
  for (const key of keys) expect((await key.status()).revision).toBe(1);
  expect(controller.lines.filter((line) => /"namespace":"short".*KeysVanished/.test(line))).toEqual([]);
});
