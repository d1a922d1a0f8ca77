import { keepsTag, withTag } from "@signatureapi-keys/lifecycle";
import { ManagementApiError, type ApiKey } from "@signatureapi-keys/management-api";
import { messageOf, ProviderError, TAG_NOT_PRESERVED } from "./failure.ts";
import { tagFor, type Minted, type MintRequest } from "./minted.ts";
import type { Session } from "./session.ts";

/**
 * From the answer to the confirmation. The request took at most 30 s, so the key is confirmed when it is 50 s old, or not
 * by us: well before another process takes it for a leftover (60 s).
 */
const CONFIRM_WITHIN_MS = 20_000;
/** For so long a key that was just made may be missing where it is looked up. */
const FOUND_WITHIN_MS = 2_000;

/** What became of a confirmation; `revoked`: the key no longer exists, and another one has to be minted. */
export type Confirmation = "confirmed" | "revoked" | { readonly unknown: string };

/**
 * Takes the mark off a new key's tag: the last thing before its value is handed to the engine.
 * @throws ProviderError after the key was revoked, or with its ID where that failed.
 */
export async function confirm(session: Session, request: MintRequest, minted: Minted): Promise<Confirmation> {
  const { id } = minted.apiKey;
  if (!(await session.runtime.engineListens())) {
    throw new ProviderError(
      `The Pulumi engine is gone and could not take the key. ${await revokeUndelivered(session, id)}`,
    );
  }
  const tag = tagFor(request, minted.attempt);
  let confirmed: ApiKey;
  try {
    confirmed = await describeNew(session, id, withTag(request.description, tag));
  } catch (error) {
    if (!(error instanceof ManagementApiError)) throw error;
    if (error.kind === "not-found") return "revoked";
    return await afterFailedConfirm(session, id, error);
  }
  // A key in use whose tag still says "unconfirmed" would be taken for a leftover, and revoked.
  if (keepsTag(confirmed.description, tag)) return "confirmed";
  throw new ProviderError(`${TAG_NOT_PRESERVED} ${await revokeUndelivered(session, id)}`);
}

/** A key that was made a moment ago may not be found yet: only what is not found twice was revoked. */
async function describeNew(session: Session, id: string, description: string): Promise<ApiKey> {
  const signal = AbortSignal.timeout(CONFIRM_WITHIN_MS);
  try {
    return await session.client.updateApiKey(id, { description, signal });
  } catch (error) {
    if (!(error instanceof ManagementApiError) || error.kind !== "not-found") throw error;
  }
  await session.runtime.wait(FOUND_WITHIN_MS);
  return session.client.updateApiKey(id, { description, signal });
}

/** A minted value is not thrown away where its key may be confirmed: it goes into the state, and the next update finds out. */
async function afterFailedConfirm(
  session: Session,
  id: string,
  error: ManagementApiError,
): Promise<Confirmation> {
  if (error.effect === "none" && (await revokes(session, id))) {
    throw new ProviderError(`The new key could not be confirmed, and was revoked. ${error.message}`);
  }
  return { unknown: `It is not known whether the new key ${id} was confirmed. ${error.message}` };
}

async function revokes(session: Session, id: string): Promise<boolean> {
  return session.client.revokeApiKey(id).then(
    () => true,
    () => false,
  );
}

/** Revokes a key whose value is delivered to nothing, and says what became of it. */
export async function revokeUndelivered(session: Session, id: string): Promise<string> {
  try {
    await session.client.revokeApiKey(id);
    return `Key ${id} was revoked.`;
  } catch (error) {
    return `Key ${id} could not be revoked: do it in the dashboard. ${messageOf(error)}`;
  }
}
