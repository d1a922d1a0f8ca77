import type { RemoteKey } from "@signatureapi-keys/lifecycle";
import {
  ManagementApiError,
  type ApiKey,
  type CallOptions,
  type ManagementClient,
} from "@signatureapi-keys/management-api";

/** How the rules see a key of the management API. */
export function remoteKey(key: ApiKey): RemoteKey {
  const { id, description, mode, status, createdAt, hint } = key;
  return { id, description, mode, status, createdAt: createdAt.getTime(), hint };
}

/**
 * A key by its ID, or undefined where there is none. Only under a verified account does that say that it is gone.
 *
 * @throws ManagementApiError for every other failure.
 */
export async function findKey(
  client: Pick<ManagementClient, "getApiKey">,
  keyId: string,
  options: CallOptions = {},
): Promise<RemoteKey | undefined> {
  try {
    return remoteKey(await client.getApiKey(keyId, options));
  } catch (error) {
    if (error instanceof ManagementApiError && error.kind === "not-found") return undefined;
    throw error;
  }
}
