import type { RemoteKey } from "@signatureapi-keys/lifecycle";
import type { ApiKey } from "@signatureapi-keys/management-api";

/** How the rules see a key of the vendor's. */
export function remoteKey(key: ApiKey): RemoteKey {
  const { id, description, mode, status, createdAt, hint } = key;
  return { id, description, mode, status, createdAt: createdAt.getTime(), hint };
}
