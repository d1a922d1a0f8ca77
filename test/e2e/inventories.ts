import { ACCOUNTS, accountStatusSchema } from "@signatureapi-keys/controller/resources";
import { FAST_TIMING, type World } from "./world.ts";

/**
 * Resolves once an inventory has judged every key that there is now in the account of a namespace: younger ones than a
 * settle time are not judged at all. For controllers with {@link FAST_TIMING}.
 */
export async function judgedInventory({ watcher }: World, namespace: string): Promise<void> {
  const from = Date.now() + FAST_TIMING.settleTime;
  await watcher.until(ACCOUNTS, { namespace, name: "default" }, (object) => {
    const { lastInventoryAt = "" } = accountStatusSchema.parse(object?.status ?? {});
    return Date.parse(lastInventoryAt) > from;
  });
}
