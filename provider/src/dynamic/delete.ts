import { withoutTag } from "@signatureapi-keys/lifecycle";
import { whyNotOurs } from "./evidence.ts";
import { revokeOurs, sweepLeftovers } from "./leftovers.ts";
import type { Outputs } from "./outputs.ts";
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
  for (const key of [...previous, { keyId, attempt }]) {
    const foreign = await revokeOurs(session, outputs, key);
    if (foreign !== undefined) session.world.warn(`ForeignKey: ${foreign}. It was not revoked.`);
  }
  const known = new Set([keyId, ...previous.map((key) => key.keyId)]);
  await sweepLeftovers(session, { identity: outputs, known, unconfirmed: "old" });
}

/** Takes the tag off, so that a kept key is nobody's leftover. */
async function retain(session: Session, outputs: Outputs): Promise<void> {
  for (const key of [...outputs.previous, { keyId: outputs.keyId, attempt: outputs.attempt }]) {
    const live = await session.find(key.keyId);
    if (live === undefined || live.status === "revoked") continue;
    if (whyNotOurs(live, outputs, key.attempt) !== undefined) continue;
    // A description must not be empty.
    const description = withoutTag(live.description) || outputs.description;
    if (description !== live.description) await session.client.updateApiKey(live.id, { description });
  }
  const ids = [...outputs.previous.map(({ keyId }) => keyId), outputs.keyId];
  session.world.warn(
    `Retained: ${ids.join(", ")}. Nothing manages it now; revoke it in the dashboard when it is not needed.`,
  );
}
