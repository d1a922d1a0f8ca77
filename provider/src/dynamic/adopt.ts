import { keepsTag, newAttemptId, parseTag, withTag } from "@signatureapi-keys/lifecycle";
import { KeyValue } from "@signatureapi-keys/management-api";
import { ProviderError, TAG_NOT_PRESERVED } from "./failure.ts";
import type { Inputs } from "./inputs.ts";
import type { Minted } from "./mint.ts";
import { roll } from "./roll.ts";
import type { Session } from "./session.ts";

/** Two that adopt one key at the same time: whoever wrote the tag last goes on. */
const SETTLE_MS = 2_000;

/**
 * Takes over a key that exists: puts our tag on it, sees that the tag stands, and takes its value or rolls it. Nothing is
 * revoked, and a repeated adoption is harmless.
 * @throws ProviderError that says why the key cannot be taken over.
 */
export async function adopt(
  session: Session,
  inputs: Inputs,
  keyId: string,
  plain: string | undefined,
): Promise<Minted> {
  const found = await session.find(keyId);
  if (found === undefined) {
    const account = await session.account();
    throw new ProviderError(`adopt.keyId: account ${account.id} has no key ${keyId}.`);
  }
  if (found.status === "revoked")
    throw new ProviderError(`adopt.keyId: key ${keyId} was revoked, which is for good.`);
  if (found.mode !== inputs.mode) {
    throw new ProviderError(
      `adopt.keyId: key ${keyId} is a ${found.mode} key, and mode ${inputs.mode} is declared.`,
    );
  }
  const tag = parseTag(found.description);
  const isOurs =
    tag === undefined || (tag.installation === inputs.installation && tag.owner === inputs.owner);
  if (!isOurs) {
    throw new ProviderError(
      `adopt.keyId: ForeignKey: key ${keyId} is managed by something else (its description ends in a tag of installation ` +
        `${tag.installation}, owner ${tag.owner}). Nothing was changed. Let that one release it (deletionPolicy Retain, then ` +
        "delete), or take the tag off its description in the dashboard.",
    );
  }
  const value = plain === undefined ? undefined : KeyValue.of(plain);
  if (value !== undefined && value.hint !== found.hint) {
    throw new ProviderError(
      `adopt.key: this is not the value of key ${keyId}, which ends in ${found.hint}. Nothing was changed.`,
    );
  }
  const attempt = newAttemptId(session.world.randomBytes);
  const { installation, owner, description } = inputs;
  const ours = { installation, owner, revision: 1, attempt };
  const described = await session.client.updateApiKey(keyId, { description: withTag(description, ours) });
  if (!keepsTag(described.description, ours)) {
    throw new ProviderError(`${TAG_NOT_PRESERVED} Key ${keyId} was not taken over.`);
  }
  await session.world.wait(SETTLE_MS);
  const standing = await session.find(keyId);
  if (standing === undefined || !keepsTag(standing.description, ours)) {
    throw new ProviderError(
      `adopt.keyId: somebody else took key ${keyId} over at the same time. It was not rolled.`,
    );
  }
  if (value !== undefined) return { apiKey: standing, value, attempt };
  return { ...(await roll(session, keyId)), attempt };
}
