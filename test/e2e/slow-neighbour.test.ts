import { API_KEYS } from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isReady } from "./conditions.ts";
import { apiKey, tokenOf } from "./manifests.ts";
import { OneKey } from "./one-key.ts";
import { World } from "./world.ts";

/** More than there are workers. */
const NAMES = Array.from({ length: 6 }, (_, index) => `app-${index}`);
const FLAGS = ["--concurrency", "2"];

let world: World;

beforeAll(async () => {
  world = await World.start();
  await world.startController({ flags: FLAGS });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** From here on the vendor never answers such a request for the account of this namespace. */
function hang(namespace: string, operation: "createApiKey" | "listApiKeys"): void {
  const match = { account: `acc_${namespace}`, operation };
  world.emulator.admin.addFault({ match, times: 1_000, fault: { kind: "hang" } });
}

/** Resolves once as many ApiKeys of the namespace wait for the vendor as there are workers. */
async function held(namespace: string, operation: "createApiKey" | "listApiKeys", count = 2): Promise<void> {
  await world.emulator.admin.waitForRequests({ account: `acc_${namespace}`, operation }, count);
}

/** Declares an ApiKey of another account, and resolves when it is ready: at the latest after the 20 s of a test's wait. */
async function becomesReady(namespace: string): Promise<void> {
  const victim = new OneKey(world, namespace, { token: tokenOf(namespace) });
  await world.apply(victim.manifest());
  await victim.untilReady();
}

test("ApiKeys that wait for a create keep no other account's ApiKeys waiting", async () => {
  await world.addAccount("slow-creates");
  await world.addAccount("swift-1");
  hang("slow-creates", "createApiKey");
  await world.apply(...NAMES.map((name) => apiKey("slow-creates", name)));
  await held("slow-creates", "createApiKey");
  await becomesReady("swift-1");
  const others = await world.kube.listAll(API_KEYS, { namespace: "slow-creates" });
  expect(others.items.filter(isReady)).toEqual([]);
});

test("deletions that wait for a listing keep no other account's ApiKeys waiting", async () => {
  await world.addAccount("slow-listings");
  await world.addAccount("swift-2");
  const keys = NAMES.map(
    (name) => new OneKey(world, "slow-listings", { name, token: tokenOf("slow-listings") }),
  );
  await world.apply(...keys.map((key) => key.manifest()));
  await Promise.all(keys.map(async (key) => key.untilReady()));
  hang("slow-listings", "listApiKeys");
  await Promise.all(keys.map(async (key) => key.delete()));
  await held("slow-listings", "listApiKeys", 1);
  await becomesReady("swift-2");
  const others = await world.kube.listAll(API_KEYS, { namespace: "slow-listings" });
  expect(others.items).toHaveLength(NAMES.length);
});
