import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { account, accountIdOf, apiKey, type Manifest } from "./manifests.ts";
import { type Delivered, OneKey } from "./one-key.ts";
import { FAST_TIMING, World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await World.start();
  await world.startController({ timing: FAST_TIMING });
});

afterAll(async () => world[Symbol.asyncDispose]());

/** Makes a key by hand that the account of a namespace lets the ApiKey `app` adopt. */
async function adoptable(n: string, stringData: Record<string, string>): Promise<Delivered> {
  await world.addAccount(n);
  const { id, key } = world.emulator.admin.createKey(accountIdOf(n), {
    mode: "live",
    description: "by hand",
  });
  await world.apply(account(n, world.emulator.url, { adoptKeyIds: [id] }));
  if (Object.keys(stringData).length > 0) await world.apply(secret(n, stringData));
  await world.apply(apiKey(n, "app", { adopt: { keyId: id } }));
  return { keyId: id, value: key };
}

function secret(n: string, stringData: Record<string, string>): Manifest {
  return { apiVersion: "v1", kind: "Secret", metadata: { name: "app", namespace: n }, stringData };
}

async function lists(): Promise<number> {
  const rows = await world.cluster.requestCounts();
  return rows
    .filter(({ verb, resource }) => verb === "LIST" && resource === "apikeys")
    .reduce((sum, { value }) => sum + value, 0);
}

test("an adoption that is refused lists the ApiKeys of the cluster at none of its looks", async () => {
  const { keyId } = await adoptable("refused", { SIGNATUREAPI_KEY: "key_live_of_another_user" });
  const key = new OneKey(world, "refused");
  expect(await key.refused("SecretConflict")).toMatch(/does not hold the value of key ak_/);
  const before = await lists();
  const looks = (): number =>
    world.emulator.admin.requests({ operation: "getApiKey" }).filter(({ path }) => path.includes(keyId))
      .length;
  const seen = looks();
  await vi.waitFor(() => expect(looks()).toBeGreaterThan(seen + 2), { timeout: 20_000 });
  expect(await lists()).toBe(before);
});

test("an adoption is confirmed by a live list before it begins", async () => {
  const before = await lists();
  const { keyId } = await adoptable("confirmed", {});
  const key = new OneKey(world, "confirmed");
  await key.untilReady();
  expect((await key.status()).keyId).toBe(keyId);
  expect(await lists()).toBeGreaterThan(before);
});
