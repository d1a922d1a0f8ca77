import { parseTag, withoutTag } from "@signatureapi-keys/lifecycle";
import { ProviderError } from "./failure.ts";
import { sweepLeftovers } from "./leftovers.ts";
import type { Outputs } from "./outputs.ts";
import type { Session } from "./session.ts";
import { sendable, type Properties } from "./wire.ts";

/** What a refresh finds out about a key of the state: whether its value still works. Nothing is changed. */
export async function refresh(session: Session, outputs: Outputs): Promise<Outputs> {
  await session.verifiedAccount(outputs.accountId);
  const known = new Set([outputs.keyId, ...outputs.previous.map(({ keyId }) => keyId)]);
  const suspects = await sweepLeftovers(session, { identity: outputs, known, unconfirmed: "look" });
  // A listing shows what is there; that something is missing from it proves nothing.
  const found = (await session.keys()).get(outputs.keyId) ?? (await session.find(outputs.keyId));
  if (found === undefined || found.status === "revoked") return { ...outputs, status: "revoked", suspects };
  if (outputs.status === "rolling" || outputs.status === "unconfirmed") return { ...outputs, suspects };
  return { ...outputs, status: found.hint === outputs.hint ? "active" : "rolled", suspects };
}

/** What is known about a key that is not managed here. Its value is shown to nobody twice. */
export async function lookUp(session: Session, keyId: string): Promise<Properties> {
  const account = await session.account();
  const found = await session.find(keyId);
  if (found === undefined) {
    throw new ProviderError(
      `Account ${account.id} has no key ${keyId}: check the ID in the dashboard (ak_…).`,
    );
  }
  const tag = parseTag(found.description);
  return sendable({
    keyId: found.id,
    mode: found.mode,
    description: withoutTag(found.description),
    hint: found.hint,
    createdAt: found.createdAt.toISOString(),
    status: found.status,
    revision: tag?.revision,
    previous: [],
    suspects: [],
    accountId: account.id,
  });
}
