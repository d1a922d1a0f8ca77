import { parseTag, withoutTag } from "@signatureapi-keys/lifecycle";
import type { ApiKey } from "@signatureapi-keys/management-api";
import { isLive } from "./evidence.ts";
import { ProviderError } from "./failure.ts";
import { sweepLeftovers } from "./leftovers.ts";
import { recordedIds, type Outputs } from "./outputs.ts";
import type { Session } from "./session.ts";
import { sendable, type Properties } from "./wire.ts";

/**
 * What a key says about the value in the state: whether it still works. A roll or a confirmation that is not known to have
 * happened stays so: only an update finds that out.
 *
 * @param found the key as it is now; `undefined` if it does not exist.
 *
 * @internal
 */
export function statusOf(found: ApiKey | undefined, outputs: Outputs): Outputs["status"] {
  if (!isLive(found)) return "revoked";
  if (outputs.status === "rolling" || outputs.status === "unconfirmed") return outputs.status;
  return found.hint === outputs.hint ? "active" : "rolled";
}

/** What a refresh finds out about a key of the state. It changes nothing. */
export async function refresh(session: Session, outputs: Outputs): Promise<Outputs> {
  await session.verifiedAccount(outputs.accountId);
  const unrecordedKeys = await sweepLeftovers(session, {
    identity: outputs,
    known: recordedIds(outputs),
    unconfirmed: "look",
  });
  // A listing shows what is there; that something is missing from it proves nothing.
  const found = (await session.keys()).get(outputs.keyId) ?? (await session.find(outputs.keyId));
  return { ...outputs, status: statusOf(found, outputs), unrecordedKeys };
}

/**
 * What is known about a key that is not managed here. Its value cannot be looked up: the API shows it once.
 * @throws ProviderError if the account has no such key.
 */
export async function lookUp(session: Session, keyId: string): Promise<Properties> {
  const account = await session.account();
  const found = await session.find(keyId);
  if (found === undefined) {
    throw new ProviderError(
      `Account ${account.id} has no key ${keyId}: check the ID in the dashboard (ak_…).`,
    );
  }
  return sendable({
    keyId: found.id,
    mode: found.mode,
    description: withoutTag(found.description),
    hint: found.hint,
    createdAt: found.createdAt.toISOString(),
    status: found.status,
    revision: parseTag(found.description)?.revision,
    previous: [],
    unrecordedKeys: [],
    accountId: account.id,
  });
}
