import { parseTag } from "@signatureapi-keys/lifecycle";
import { findKey } from "../account/remote-key.ts";
import type { AccountRuntime } from "../account/runtime.ts";
import type { InventoryEnvironment } from "./environment.ts";
import type { JudgedKey } from "./sweep.ts";

/**
 * Revokes keys of ours whose ApiKey is gone: a complete list, later than that of the keys, did not show it. Those whose
 * ApiKey lives are its own reconciliation's, which knows what replaces them.
 *
 * Invariant: the tag that a GET shows names this installation and the owner that was looked for.
 *
 * @returns the IDs of what was revoked.
 * @throws ManagementApiError where a key could not be read or revoked.
 */
export async function revokeOwnerless(
  env: InventoryEnvironment,
  account: AccountRuntime,
  orphans: readonly JudgedKey[],
): Promise<ReadonlySet<string>> {
  const revoked = new Set<string>();
  for (const { key, owner } of orphans) {
    // A replica that has lost the lease changes nothing any more.
    if (!env.apiKey.fence.open) break;
    if (
      owner !== undefined ||
      !(await isUnchanged(account, key.id, key.description, env.apiKey.installation))
    )
      continue;
    await account.client.revokeApiKey(key.id, { priority: "background" });
    env.journal.orphanRevoked(account.ref, env.findAccount(account.ref), key);
    revoked.add(key.id);
  }
  return revoked;
}

async function isUnchanged(
  account: AccountRuntime,
  keyId: string,
  description: string,
  installation: string,
): Promise<boolean> {
  const live = await findKey(account.client, keyId, { priority: "background" });
  if (live?.status !== "active") return false;
  const tag = parseTag(live.description);
  return tag?.installation === installation && tag.owner === parseTag(description)?.owner;
}
