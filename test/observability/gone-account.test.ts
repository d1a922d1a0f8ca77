import { ACCOUNTS } from "@signatureapi-keys/controller/resources";
import { expect, test } from "vitest";
import { account } from "../e2e/manifests.ts";
import { FAST_TIMING, World } from "../e2e/world.ts";

const PATIENCE = { timeout: 40_000, interval: 200 };

test("an inventory that ends after an account is gone brings none of its series back", async () => {
  await using world = await World.start();
  await world.addAccount("shop");
  // Another object for the same vendor account: the first of them, by name, is listed for both.
  await world.apply(account("shop", world.emulator.url, {}, "leaving"));
  const controller = await world.startController({
    timing: { ...FAST_TIMING, requestDeadline: 30_000 },
    flags: ["--metrics-address", "127.0.0.1:0", "--inventory-interval", "1s"],
  });
  const named = async (name: string): Promise<readonly string[]> =>
    (await controller.metrics()).split("\n").filter((line) => line.includes(`name="${name}"`));
  const inventoried = async (name: string): Promise<string | undefined> =>
    (await named(name)).find((line) => line.startsWith("signatureapi_account_last_inventory"));
  for (const name of ["default", "leaving"])
    await expect.poll(async () => inventoried(name), PATIENCE).toBeDefined();
  // Each may have made the first one for itself.
  const first = await inventoried("default");
  await expect.poll(async () => inventoried("default"), PATIENCE).not.toBe(first);

  const { admin } = world.emulator;
  admin.addFault({ match: { operation: "listApiKeys" }, when: "after", fault: { kind: "hold" } });
  admin.clearRequests();
  await admin.waitForRequests({ operation: "listApiKeys" });
  await world.kube.delete(ACCOUNTS, { namespace: "shop", name: "leaving" });
  await expect.poll(async () => named("leaving"), PATIENCE).toEqual([]);
  const before = await inventoried("default");
  admin.clearFaults();
  await expect.poll(async () => inventoried("default"), PATIENCE).not.toBe(before);
  expect(await named("leaving")).toEqual([]);
});
