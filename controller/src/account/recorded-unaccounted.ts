import { parseTag, type RemoteKey } from "@signatureapi-keys/lifecycle";
import { MOST_UNACCOUNTED, type AccountStatus } from "../resources/account.ts";

type RecordedUnaccounted = NonNullable<AccountStatus["unaccountedKeys"]>;

/**
 * Unaccounted keys as the status names them, with what their tags say. Oldest first, so that equals are equal texts, and
 * so that a key that waits for a decision is not pushed out of the list by newer ones.
 */
export function writeUnaccounted(keys: readonly RemoteKey[]): RecordedUnaccounted | undefined {
  if (keys.length === 0) return undefined;
  return keys
    .toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
    .flatMap(({ id, mode, createdAt, description }) => {
      const tag = parseTag(description);
      if (tag === undefined) return [];
      const { installation, owner, revision } = tag;
      return [
        { keyId: id, mode, createdAt: new Date(createdAt).toISOString(), installation, owner, revision },
      ];
    })
    .slice(0, MOST_UNACCOUNTED);
}
