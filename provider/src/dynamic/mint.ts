import { keepsTag, newAttemptId, parseTag, withTag } from "@signatureapi-keys/lifecycle";
import { ManagementApiError, type ApiKey } from "@signatureapi-keys/management-api";
import { confirm, revokeUndelivered } from "./confirm.ts";
import { tagOf, type Identity } from "./evidence.ts";
import { messageOf, ProviderError, TAG_NOT_PRESERVED } from "./failure.ts";
import { tagFor, type Minted, type MintRequest } from "./minted.ts";
import { whenAllowed } from "./pacing.ts";
import type { Session } from "./session.ts";

const MOST_TRIES = 3;

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
        `Each of ${MOST_TRIES} new keys was revoked by something else before it could be handed over. None of them is ` +
          "left. Look for another tool or stack that works on this account, then run pulumi up again.",
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

/** The request for the key, unconfirmed. */
async function ask(session: Session, request: MintRequest): Promise<Minted> {
  const { mode } = request;
  const attempt = newAttemptId(session.runtime.randomBytes);
  const tag = { ...tagFor(request, attempt), unconfirmed: true };
  const description = withTag(request.description, tag);
  if (!(await session.runtime.engineListens())) {
    throw new ProviderError("The Pulumi engine is gone and could not take the key: nothing was minted.");
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
  // A proxy may mix up answers: what carries another attempt's tag is not ours to use, and not ours to revoke.
  const named = parseTag(minted.apiKey.description)?.attempt;
  if (named !== undefined && named !== attempt) {
    const mixedUp = new ProviderError(`The answer is about another key, ${minted.apiKey.id}.`);
    throw await afterFailedRequest(session, request, attempt, mixedUp);
  }
  throw new ProviderError(`${TAG_NOT_PRESERVED} ${await revokeUndelivered(session, minted.apiKey.id)}`);
}

/** Cleans up what a request left whose outcome is not known, as far as that can be seen now. */
async function afterFailedRequest(
  session: Session,
  request: MintRequest,
  attempt: string,
  error: unknown,
): Promise<ProviderError> {
  if (error instanceof ManagementApiError && error.effect === "none") {
    return new ProviderError(`No key was minted. ${await explain(session, error)}`);
  }
  try {
    const named = error instanceof ManagementApiError ? error.apiKeyId : undefined;
    // A list may lag behind; an answer that could not be used may name the key all the same.
    const direct = named === undefined ? undefined : await session.find(named);
    const seen = [...(await session.freshKeys()).values(), ...(direct === undefined ? [] : [direct])];
    for (const id of keysOfAttempt(seen, request.identity, attempt)) await session.client.revokeApiKey(id);
  } catch {
    // The next run finds it: it is unconfirmed.
  }
  return new ProviderError(
    `It is not known whether a key was minted. ${messageOf(error)} Its value is lost in any case; if there is a key, it is ` +
      "unconfirmed, and the next pulumi up revokes it. Run pulumi up again.",
  );
}

/** The IDs of the keys that one attempt of this resource has made: no other key of the resource is touched. @internal */
export function keysOfAttempt(
  apiKeys: readonly ApiKey[],
  identity: Identity,
  attempt: string,
): ReadonlySet<string> {
  const made = apiKeys.filter((apiKey) => tagOf(apiKey, identity)?.attempt === attempt);
  return new Set(made.map(({ id }) => id));
}

/** What the API says about a refusal. */
async function explain(session: Session, error: ManagementApiError): Promise<string> {
  if (error.kind !== "test-key-exists") return error.message;
  const keys = await session.freshKeys().catch(() => new Map<string, ApiKey>());
  return testKeyExists([...keys.values()]);
}

/** What to do about the one test key that an account may have, with its ID where the listing shows it. @internal */
export function testKeyExists(apiKeys: readonly ApiKey[]): string {
  const ids = apiKeys.filter(({ mode }) => mode === "test").map(({ id }) => id);
  const [first = "<its ID>"] = ids;
  return (
    `An account has one test key, and this one has it already (${ids.join(", ") || "not listed"}). Share its ApiKey with ` +
    `other stacks by a StackReference; or take it over: adopt: { keyId: "${first}" }, which gives it a new value unless ` +
    "the value is given too. To replace the test key of this resource, set the option deleteBeforeReplace."
  );
}
