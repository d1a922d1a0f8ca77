import { keepsTag, newAttemptId, withTag, type Tag } from "@signatureapi-keys/lifecycle";
import { ManagementApiError, type ApiKey, type KeyValue, type Mode } from "@signatureapi-keys/management-api";
import { tagOf, type Identity } from "./evidence.ts";
import { messageOf, ProviderError, TAG_NOT_PRESERVED } from "./failure.ts";
import { whenAllowed, type Session } from "./session.ts";

/** What a key is asked for with. */
export interface MintRequest {
  readonly identity: Identity;
  readonly mode: Mode;
  readonly description: string;
  readonly revision: number;
}

/** A key in hand. */
export interface Minted {
  readonly apiKey: ApiKey;
  readonly value: KeyValue;
  readonly attempt: string;
  /** Why it is not known whether the key was confirmed; it is worth keeping, and the next update finds out. */
  readonly unconfirmed?: string;
}

const MOST_TRIES = 3;
/**
 * From the answer to the confirmation. The request took at most 30 s, so the key is confirmed when it is 50 s old, or not
 * by us: well before anybody else takes it for a leftover (60 s).
 */
const CONFIRM_WITHIN_MS = 20_000;

/**
 * Mints a key: unconfirmed first, then confirmed as the last thing before it is handed over.
 *
 * At every moment a crash leaves either no key, or an unconfirmed one, which the next run revokes, or a confirmed one.
 * @throws ProviderError that says what happened; no key of this call is left then, or it is named.
 */
export async function mint(session: Session, request: MintRequest): Promise<Minted> {
  for (let tries = 1; ; tries += 1) {
    const minted = await session.mints.take(() => mintOnce(session, request));
    if (minted !== "revoked") return minted;
    if (tries === MOST_TRIES) {
      throw new ProviderError(
        `Each of ${MOST_TRIES} new keys was revoked by somebody else before it could be handed over. Nothing is left of ` +
          "them. Look for another tool or stack that works on this account, then run pulumi up again.",
      );
    }
  }
}

async function mintOnce(session: Session, request: MintRequest): Promise<Minted | "revoked"> {
  const minted = await ask(session, request);
  const outcome = await confirm(session, request, minted);
  if (outcome === "confirmed") return minted;
  return outcome === "revoked" ? outcome : { ...minted, unconfirmed: outcome.unknown };
}

function tagFor({ identity, revision }: MintRequest, attempt: string): Tag {
  return { installation: identity.installation, owner: identity.owner, revision, attempt };
}

/** The request for the key, unconfirmed. */
async function ask(session: Session, request: MintRequest): Promise<Minted> {
  const { mode } = request;
  const attempt = newAttemptId(session.world.randomBytes);
  const tag = { ...tagFor(request, attempt), unconfirmed: true };
  const description = withTag(request.description, tag);
  if (!(await session.world.engineListens())) {
    throw new ProviderError("The Pulumi engine is gone, and nobody would take the key: nothing was minted.");
  }
  let minted;
  try {
    minted = await whenAllowed(() =>
      session.client.createApiKey({ mode, description, idempotencyKey: attempt }),
    );
  } catch (error) {
    throw await afterFailedRequest(session, request, attempt, error);
  }
  if (keepsTag(minted.apiKey.description, tag)) return { ...minted, attempt };
  throw new ProviderError(`${TAG_NOT_PRESERVED} ${await endOf(session, minted.apiKey.id)}`);
}

/** Revokes a key whose value nobody gets, and says what became of it. */
async function endOf(session: Session, id: string): Promise<string> {
  try {
    await session.client.revokeApiKey(id);
    return `Key ${id} was revoked.`;
  } catch (error) {
    return `Key ${id} could not be revoked: do it in the dashboard. ${messageOf(error)}`;
  }
}

/** Cleans up what a request left whose outcome is not known, as far as that can be seen now. */
async function afterFailedRequest(
  session: Session,
  request: MintRequest,
  attempt: string,
  error: unknown,
): Promise<ProviderError> {
  const unknown = !(error instanceof ManagementApiError) || error.effect === "unknown";
  if (!unknown) return new ProviderError(`No key was minted. ${await explain(session, error)}`);
  try {
    const named = error instanceof ManagementApiError ? error.apiKeyId : undefined;
    // A list may lag behind; an answer that could not be used may name the key all the same.
    const direct = named === undefined ? undefined : await session.find(named);
    const candidates = [...(await session.freshKeys()).values(), ...(direct === undefined ? [] : [direct])];
    const left = candidates.filter((apiKey) => tagOf(apiKey, request.identity)?.attempt === attempt);
    for (const id of new Set(left.map((apiKey) => apiKey.id))) await session.client.revokeApiKey(id);
  } catch {
    // The next run finds it: it is unconfirmed.
  }
  return new ProviderError(
    `It is not known whether a key was minted. ${messageOf(error)} Its value is lost in any case; if there is a key, it is ` +
      "unconfirmed, and the next pulumi up revokes it. Run pulumi up again.",
  );
}

/** What the API says, with the key that is in the way where there is one. */
async function explain(session: Session, error: ManagementApiError): Promise<string> {
  if (error.kind !== "test-key-exists") return error.message;
  const keys = await session.freshKeys().catch(() => new Map<string, ApiKey>());
  const ids = [...keys.values()].filter(({ mode }) => mode === "test").map(({ id }) => id);
  const [first = "<its ID>"] = ids;
  return (
    `An account has one test key, and this one has it already (${ids.join(", ") || "not listed"}). Share its ApiKey with ` +
    `other stacks by a StackReference; or take it over: adopt: { keyId: "${first}" }, which gives it a new value unless ` +
    "the value is given too. To replace the test key of this very resource, set the option deleteBeforeReplace."
  );
}

type Confirmation = "confirmed" | "revoked" | { readonly unknown: string };

async function confirm(session: Session, request: MintRequest, minted: Minted): Promise<Confirmation> {
  const { id } = minted.apiKey;
  if (!(await session.world.engineListens())) {
    throw new ProviderError(
      `The Pulumi engine is gone, and nobody would take the key. ${await endOf(session, id)}`,
    );
  }
  const tag = tagFor(request, minted.attempt);
  let confirmed: ApiKey;
  try {
    const signal = AbortSignal.timeout(CONFIRM_WITHIN_MS);
    confirmed = await session.client.updateApiKey(id, {
      description: withTag(request.description, tag),
      signal,
    });
  } catch (error) {
    if (!(error instanceof ManagementApiError)) throw error;
    if (error.kind === "not-found") return "revoked";
    return await afterFailedConfirm(session, id, error);
  }
  // A key in use whose tag still says "unconfirmed" would be taken for a leftover, and revoked.
  if (keepsTag(confirmed.description, tag)) return "confirmed";
  throw new ProviderError(`${TAG_NOT_PRESERVED} ${await endOf(session, id)}`);
}

/** A value in hand is not thrown away: it goes into the state, and the next update finds out. */
async function afterFailedConfirm(
  session: Session,
  id: string,
  error: ManagementApiError,
): Promise<Confirmation> {
  if (error.effect === "none") {
    const revoked = await session.client.revokeApiKey(id).then(
      () => true,
      () => false,
    );
    if (revoked)
      throw new ProviderError(`The new key could not be confirmed, and was revoked. ${error.message}`);
  }
  return { unknown: `It is not known whether the new key ${id} was confirmed. ${error.message}` };
}
