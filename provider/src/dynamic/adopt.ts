import { keepsTag, newAttemptId, parseTag, withTag } from "@signatureapi-keys/lifecycle";
import { KeyValue, type ApiKey } from "@signatureapi-keys/management-api";
import { isLive, type Identity } from "./evidence.ts";
import { ProviderError, TAG_NOT_PRESERVED } from "./failure.ts";
import type { Inputs } from "./inputs.ts";
import type { Minted } from "./minted.ts";
import { roll } from "./roll.ts";
import type { Session } from "./session.ts";

/** Two that adopt one key at the same time: the one that wrote the tag last goes on. */
const SETTLE_MS = 2_000;

/**
 * Says why a key cannot be taken over, or `undefined` where it can.
 *
 * @param found the key as a GET has just shown it.
 * @param value its declared value; without one, it will be rolled.
 *
 * @internal
 */
export function whyNotAdoptable(
  found: ApiKey,
  wanted: Identity & Pick<Inputs, "mode">,
  value: KeyValue | undefined,
): string | undefined {
  const { id } = found;
  if (!isLive(found)) return `adopt.keyId: key ${id} was revoked, which is for good.`;
  if (found.mode !== wanted.mode) {
    return `adopt.keyId: key ${id} is a ${found.mode} key, and mode ${wanted.mode} is declared.`;
  }
  const tag = parseTag(found.description);
  const isForeign =
    tag !== undefined && (tag.installation !== wanted.installation || tag.owner !== wanted.owner);
  if (isForeign) {
    return (
      `adopt.keyId: ForeignKey: key ${id} is managed by something else (its description ends in a tag of installation ` +
      `${tag.installation}, owner ${tag.owner}). Nothing was changed. Let that one release it (deletionPolicy Retain, then ` +
      "delete), or remove the tag from its description in the dashboard."
    );
  }
  if (value === undefined || value.hint === found.hint) return undefined;
  return `adopt.key: this is not the value of key ${id}, which ends in ${found.hint}. Nothing was changed.`;
}

/**
 * Takes over a key that exists: puts our tag on it, sees that the tag stays, and takes its value or rolls it. Nothing is
 * revoked, and a repeated adoption is harmless.
 * @throws ProviderError that says why the key cannot be taken over.
 */
export async function adopt(
  session: Session,
  inputs: Inputs,
  { keyId, key: plain }: NonNullable<Inputs["adopt"]>,
): Promise<Minted> {
  const found = await session.find(keyId);
  if (found === undefined) {
    const account = await session.account();
    throw new ProviderError(`adopt.keyId: account ${account.id} has no key ${keyId}.`);
  }
  const value = plain === undefined ? undefined : KeyValue.of(plain);
  const problem = whyNotAdoptable(found, inputs, value);
  if (problem !== undefined) throw new ProviderError(problem);
  const attempt = newAttemptId(session.runtime.randomBytes);
  const apiKey = await claim(session, inputs, keyId, attempt);
  return value === undefined
    ? { ...(await roll(session, keyId, inputs.mode)), attempt }
    : { apiKey, value, attempt };
}

/** Puts our tag on a key, and looks a settle time later whether it is still there. Returns the key with it. */
async function claim(session: Session, inputs: Inputs, keyId: string, attempt: string): Promise<ApiKey> {
  const { installation, owner } = inputs;
  const tag = { installation, owner, revision: 1, attempt };
  const description = withTag(inputs.description, tag);
  const described = await session.client.updateApiKey(keyId, { description });
  if (!keepsTag(described.description, tag)) {
    throw new ProviderError(`${TAG_NOT_PRESERVED} Key ${keyId} was not taken over.`);
  }
  await session.runtime.wait(SETTLE_MS);
  const settled = await session.find(keyId);
  if (settled !== undefined && keepsTag(settled.description, tag)) return settled;
  throw new ProviderError(
    `adopt.keyId: another process took key ${keyId} over at the same time. It was not rolled.`,
  );
}
