import { withoutTag } from "@signatureapi-keys/lifecycle";
import type { ApiKey } from "@signatureapi-keys/management-api";
import { isLive, whyNotOurs, type Identity, type RecordedKey } from "./evidence.ts";
import { sweepLeftovers } from "./leftovers.ts";
import { recordedIds, type Outputs, type Previous } from "./outputs.ts";
import { revokeOurs } from "./revoke.ts";
import type { Session } from "./session.ts";

/** What the end of a resource means for its keys. */
export interface DeletionPlan {
  /** Revoked, in this order. */
  readonly revoke: readonly RecordedKey[];
  /** Kept: the tag is taken off, so that they are no leftovers of this resource. */
  readonly release: readonly RecordedKey[];
  /** What the user has to know afterwards. */
  readonly warning?: string;
}

/**
 * Plans the end of a resource. With `Retain`, a replaced key whose overlap has passed is revoked as announced; one that may
 * still be in use is named with its time, since nothing will revoke it any more.
 *
 * @param now milliseconds since the epoch.
 *
 * @internal
 */
export function planDeletion(outputs: Outputs, now: number): DeletionPlan {
  const { keyId, attempt, previous } = outputs;
  const current = { keyId, attempt };
  if (outputs.deletionPolicy === "Revoke") return { revoke: [...previous, current], release: [] };
  const isOver = ({ revokeAt }: Previous): boolean => Date.parse(revokeAt) <= now;
  const overlapping = previous.filter((key) => !isOver(key));
  const alsoKept = overlapping.map((key) => ` Also kept: ${key.keyId}, to be revoked at ${key.revokeAt}.`);
  return {
    revoke: previous.filter(isOver),
    release: [...overlapping, current],
    warning:
      `Key ${keyId} is retained. Nothing manages it now: revoke it in the dashboard when it is not needed.` +
      alsoKept.join(""),
  };
}

/**
 * The description of a key that is released, or `undefined` where nothing is to be written: it has no tag, it is gone, or
 * it belongs to something else.
 *
 * @param live the key as a GET has just shown it.
 * @param declared what to write where only the tag was there: a description must not be empty.
 *
 * @internal
 */
export function releasedDescription(
  live: ApiKey | undefined,
  identity: Identity,
  recorded: RecordedKey,
  declared: string,
): string | undefined {
  if (!isLive(live) || whyNotOurs(live, identity, recorded.attempt) !== undefined) return undefined;
  const description = withoutTag(live.description) || declared;
  return description === live.description ? undefined : description;
}

/**
 * Ends a resource: its keys are revoked, or, with `Retain`, released; what earlier mints left unconfirmed is revoked. A key
 * that something else has taken over is left alone.
 * @throws ProviderError, or ManagementApiError: the resource then stays in the state, and `delete` can be repeated.
 */
export async function deleteKey(session: Session, outputs: Outputs): Promise<void> {
  await session.verifiedAccount(outputs.accountId);
  const plan = planDeletion(outputs, session.runtime.now());
  for (const key of plan.revoke) await revokeOurs(session, outputs, key);
  for (const key of plan.release) await release(session, outputs, key);
  // After this nothing looks for what a mint that was cut off has left, so a young one is waited out, also with Retain.
  await sweepLeftovers(session, { identity: outputs, known: recordedIds(outputs), unconfirmed: "wait" });
  if (plan.warning !== undefined) session.runtime.warn(plan.warning);
}

async function release(session: Session, outputs: Outputs, key: RecordedKey): Promise<void> {
  const live = await session.find(key.keyId);
  const description = releasedDescription(live, outputs, key, outputs.description);
  if (description !== undefined) await session.client.updateApiKey(key.keyId, { description });
}
