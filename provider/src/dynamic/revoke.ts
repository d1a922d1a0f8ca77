import type { ApiKey } from "@signatureapi-keys/management-api";
import { isLive, whyNotOurs, type Identity, type RecordedKey } from "./evidence.ts";
import type { Session } from "./session.ts";

/** What may be done to a recorded key: nothing is left to do, it is ours to revoke, or it belongs to something else. */
export type Revocation = "gone" | "ours" | { readonly foreign: string };

/**
 * Judges whether a recorded key may be revoked.
 *
 * @param live the key as a GET under the verified account has just shown it; `undefined` if it does not exist.
 *
 * @internal
 */
export function judgeRevocation(
  live: ApiKey | undefined,
  identity: Identity,
  recorded: RecordedKey,
): Revocation {
  if (!isLive(live)) return "gone";
  const foreign = whyNotOurs(live, identity, recorded.attempt);
  return foreign === undefined ? "ours" : { foreign };
}

/**
 * Revokes a recorded key, after it has shown that it is ours. A key that something else has taken over is left alone, and
 * a warning names it.
 * @throws ManagementApiError
 */
export async function revokeOurs(session: Session, identity: Identity, recorded: RecordedKey): Promise<void> {
  const verdict = judgeRevocation(await session.find(recorded.keyId), identity, recorded);
  if (verdict === "gone") return;
  if (verdict === "ours") await session.client.revokeApiKey(recorded.keyId);
  else session.runtime.warn(`ForeignKey: ${verdict.foreign}. It was not revoked.`);
}
