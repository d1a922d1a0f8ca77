import { API_KEYS, SECRETS } from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, expect, test } from "vitest";
import { conditionOf, refusedFor } from "./conditions.ts";
import { OneKey } from "./one-key.ts";
import type { RunningController } from "./running-controller.ts";
import { FAST_TIMING, World } from "./world.ts";

let world: World;
let controller: RunningController;

beforeAll(async () => {
  world = await World.start();
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
  await key.until((object) => conditionOf(object, "Reconciling")?.reason === "KeyNotVisible");
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
