import { afterAll, beforeAll, expect, test } from "vitest";
import { accountIdOf, tokenOf } from "./manifests.ts";
import { OneKey } from "./one-key.ts";
import { FAST_TIMING, World } from "./world.ts";

const NAME = "signatureapi.com/reconcile";

let world: World;

beforeAll(async () => {
  world = await World.start();
  await world.startController({ timing: FAST_TIMING });
});

afterAll(async () => world[Symbol.asyncDispose]());

async function ready(n: string): Promise<OneKey> {
  await world.addAccount(n);
  const key = new OneKey(world, n, { token: tokenOf(n) });
  await key.declare({});
  await key.untilReady();
  return key;
}

async function answered(key: OneKey, text: string): Promise<void> {
  await key.untilStatus(({ lastHandledReconcileAt }) => lastHandledReconcileAt === text);
}

function looks(n: string): number {
  return world.emulator.admin.requests({ account: accountIdOf(n), operation: "getApiKey" }).length;
}

test("a request is answered once it was looked at the key itself, once for each text", async () => {
  const key = await ready("asked");
  const before = looks("asked");
  await key.annotate({ [NAME]: "one" });
  await answered(key, "one");
  expect(looks("asked")).toBe(before + 1);
  await key.annotate({ other: "x" });
  await key.annotate({ [NAME]: "two" });
  await answered(key, "two");
  expect(looks("asked")).toBe(before + 2);
});

test("a key that was revoked in the dashboard is found by it, before the next inventory", async () => {
  const key = await ready("revoked");
  const { keyId } = await key.delivered();
  world.emulator.admin.revokeKey(accountIdOf("revoked"), keyId);
  await key.annotate({ [NAME]: "look" });
  await key.replaced(keyId);
  await answered(key, "look");
  expect(await key.authenticates()).toBe(200);
});

test("it is answered, too, where nothing can be looked at: suspended, or with a spec that is refused", async () => {
  const key = await ready("refused");
  const before = looks("refused");
  await key.declare({ suspend: true });
  await key.annotate({ [NAME]: "suspended" });
  await answered(key, "suspended");
  await key.declare({ secret: { labels: { "not-allowed.example.com/tier": "one" } } });
  await key.annotate({ [NAME]: "invalid" });
  await answered(key, "invalid");
  await key.stalled("SecretMetadataNotAllowed");
  expect(looks("refused")).toBe(before);
});
