import { parseTag } from "@signatureapi-keys/lifecycle";
import { ManagementApiError } from "@signatureapi-keys/management-api";
import { remoteKey } from "../account/remote-key.ts";
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
    // Whoever has lost the lease changes nothing any more.
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
  try {
    const live = remoteKey(await account.client.getApiKey(keyId, { priority: "background" }));
    const tag = parseTag(live.description);
    const listed = parseTag(description);
    return live.status === "active" && tag?.installation === installation && tag.owner === listed?.owner;
  } catch (error) {
    if (error instanceof ManagementApiError && error.kind === "not-found") return false;
    throw error;
  }
}
