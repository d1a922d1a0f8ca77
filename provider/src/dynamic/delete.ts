import { withoutTag } from "@signatureapi-keys/lifecycle";
import { whyNotOurs } from "./evidence.ts";
import { revokeOurs, sweepLeftovers } from "./leftovers.ts";
import type { Outputs, Previous } from "./outputs.ts";
import type { Session } from "./session.ts";

/**
 * Ends a resource: its keys are revoked, or, with `Retain`, become nobody's. A key that somebody else has taken over is
 * left alone.
 * @throws ProviderError, or ManagementApiError: the resource then stays in the state, and `delete` can be repeated.
 */
export async function deleteKey(session: Session, outputs: Outputs): Promise<void> {
  const { keyId, attempt, previous, deletionPolicy } = outputs;
  await session.verifiedAccount(outputs.accountId);
  if (deletionPolicy === "Retain") return retain(session, outputs);
  await revokeAll(session, outputs, [...previous, { keyId, attempt }]);
  const known = new Set([keyId, ...previous.map((key) => key.keyId)]);
  await sweepLeftovers(session, { identity: outputs, known, unconfirmed: "old" });
}

async function revokeAll(
  session: Session,
  outputs: Outputs,
  keys: readonly { readonly keyId: string; readonly attempt: string }[],
): Promise<void> {
  for (const key of keys) {
    const foreign = await revokeOurs(session, outputs, key);
    if (foreign !== undefined) session.world.warn(`ForeignKey: ${foreign}. It was not revoked.`);
  }
}

/**
 * Takes the tag off, so that a kept key is nobody's leftover. A replaced key whose time is over is revoked as announced; one
 * that may still be in use is named with its time, since nothing will revoke it any more.
 */
async function retain(session: Session, outputs: Outputs): Promise<void> {
  const isOver = ({ revokeAt }: Previous): boolean => Date.parse(revokeAt) <= session.world.now();
  await revokeAll(session, outputs, outputs.previous.filter(isOver));
  const overlapping = outputs.previous.filter((key) => !isOver(key));
  for (const key of [...overlapping, { keyId: outputs.keyId, attempt: outputs.attempt }]) {
    const live = await session.find(key.keyId);
    if (live === undefined || live.status === "revoked") continue;
    if (whyNotOurs(live, outputs, key.attempt) !== undefined) continue;
    // A description must not be empty.
    const description = withoutTag(live.description) || outputs.description;
    if (description !== live.description) await session.client.updateApiKey(live.id, { description });
  }
  const replaced = overlapping.map(
    ({ keyId, revokeAt }) => ` Also kept: ${keyId}, to be revoked at ${revokeAt}.`,
  );
  session.world.warn(
    `Key ${outputs.keyId} is retained. Nothing manages it now: revoke it in the dashboard when it is not needed.` +
      replaced.join(""),
  );
}
