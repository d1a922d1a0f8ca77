import {
  isNamed,
  isProblem,
  isClaimed,
  judgeEvidence,
  parseTag,
  withTag,
  type Attempt,
  type DesiredKey,
  type RemoteKey,
  type Step,
  type StepResult,
} from "@signatureapi-keys/lifecycle";
import { ManagementApiError, type MintedApiKey } from "@signatureapi-keys/management-api";
import { findKey, remoteKey } from "../../account/remote-key.ts";
import type { AccountRuntime } from "../../account/runtime.ts";
import type { StepContext } from "./context.ts";
import { done, managementFailure, rejected } from "./results.ts";

/**
 * Asks for a key. Not later than the post window after the write-ahead, once, and whatever SIGTERM says, but never
 * once the lease is lost.
 */
export async function mint(context: StepContext, step: Step & { kind: "mint" }): Promise<StepResult> {
  const desired = declared(context);
  const { mode } = desired;
  const { installation, owner } = context.view;
  const { id: attempt, revision } = step.attempt;
  // The tag traces the key to its attempt.
  const description = withTag(desired.description, { installation, owner, revision, attempt });
  return request(context, step.attempt, (account, waitSignal) =>
    account.client.createApiKey({ mode, description, idempotencyKey: step.attempt.id, waitSignal }),
  );
}

/** Asks for a new value of a key; the old value stops at once. */
export async function roll(context: StepContext, step: Step & { kind: "roll" }): Promise<StepResult> {
  const { mode } = declared(context);
  return request(context, step.attempt, (account, waitSignal) =>
    account.client.rollApiKey(step.keyId, { mode, idempotencyKey: step.attempt.id, waitSignal }),
  );
}

function declared({ view: { object } }: StepContext): DesiredKey {
  if (object.state === "gone" || isProblem(object.desired))
    throw new TypeError("a key is minted for a declaration");
  return object.desired;
}

async function request(
  context: StepContext,
  attempt: Attempt,
  send: (account: AccountRuntime, waitSignal: AbortSignal) => Promise<MintedApiKey>,
): Promise<StepResult> {
  const { env, memory } = context;
  const account = accountOf(context);
  const left = attempt.startedAt + env.timing.postWindow - env.now();
  if (left <= 0) return TOO_LATE;
  try {
    const minted = await send(account, AbortSignal.any([AbortSignal.timeout(left), env.fence.closed]));
    memory.value = minted.value;
    const { uid } = memory.object.metadata;
    env.ledger.noteMade(uid, attempt.reason, env.now());
    env.fights.note(uid, attempt.reason, writersSeen(context), env.now());
    env.journal.minted(context, attempt, minted.apiKey.id);
    if (attempt.op === "create") account.noteTag(minted.apiKey.id, isTagged(minted.apiKey, attempt));
    const { fingerprint, hint } = minted.value;
    return done({
      minted: { keyId: minted.apiKey.id, fingerprint, hint, createdAt: minted.apiKey.createdAt.getTime() },
    });
  } catch (error) {
    if (!(error instanceof ManagementApiError)) throw error;
    account.noteFailure(error);
    const result = managementFailure(error);
    if (result.outcome === "unknown") env.ledger.noteAsked(memory.object.metadata.uid, env.now());
    env.journal.mintFailed(context, attempt, result.outcome);
    return result;
  }
}

/** Who had set the value that is replaced, as it was seen before the key was asked for. */
function writersSeen({ view: { secret } }: StepContext): readonly string[] {
  return secret.state === "present" ? (secret.others?.writers ?? []) : [];
}

/** The answer to a request that was not sent, since its write-ahead is too old. */
const TOO_LATE: StepResult = {
  ...rejected({
    reason: "RateLimited",
    message: "the request for a key was held back too long by the account's rate limit, and was not sent",
    transient: true,
  }),
  unsent: true,
};

function isTagged(key: Pick<RemoteKey, "description">, attempt: Attempt): boolean {
  return parseTag(key.description)?.attempt === attempt.id;
}

/** A GET by ID: the evidence before any harm. */
export async function getKey(context: StepContext, step: Step & { kind: "get-key" }): Promise<StepResult> {
  const account = accountOf(context);
  const remote = await findKey(account.client, step.keyId);
  if (remote === undefined) return done({ remote: "absent" });
  const { pendingCommit } = context.view.pass;
  if (pendingCommit?.keyId === step.keyId && pendingCommit.attempt.op === "create")
    account.noteTag(remote.id, isTagged(remote, pendingCommit.attempt));
  reportForeign(context, remote);
  return done({ remote });
}

function reportForeign(context: StepContext, key: RemoteKey): void {
  const { installation, previousInstallations, owner, object } = context.view;
  if (isToBeAdopted(context, key)) return;
  const named = object.state === "present" && isNamed(object.status, key.id);
  const namedByStatus = named || context.view.pass.pendingCommit?.keyId === key.id;
  const claim = { installation, previousInstallations, owner, namedByStatus };
  const evidence = judgeEvidence(key, claim);
  if (!evidence.ours && key.status === "active") context.env.journal.foreign(context, key.id, evidence.why);
}

/** A key that is asked for because it is to be adopted is no record that turned out to be wrong. */
function isToBeAdopted({ view: { object } }: StepContext, { id }: RemoteKey): boolean {
  if (object.state === "gone" || isProblem(object.desired)) return false;
  return object.status.keyId === undefined && object.desired.adopt === id;
}

/** A complete listing, of which the keys with this owner's tag are kept. */
export async function listKeys(context: StepContext): Promise<StepResult> {
  const { startedAt, apiKeys } = await accountOf(context).listing();
  const keys = apiKeys.filter((key) => {
    const tag = parseTag(key.description);
    return tag !== undefined && tag.owner === context.view.owner && isClaimed(tag.installation, context.view);
  });
  return done({ listing: { startedAt, keys: keys.map(remoteKey) } });
}

/** Revokes a key. That it is gone already is success, under a verified account. */
export async function revokeKey(
  context: StepContext,
  step: Step & { kind: "revoke-key" },
): Promise<StepResult> {
  const { closed: signal } = context.env.fence;
  const { alreadyRevoked } = await accountOf(context).client.revokeApiKey(step.keyId, { signal });
  context.env.journal.revoked(context, step.keyId, step.reason, alreadyRevoked);
  return done();
}

/**
 * Puts an adoption's tag on a key. Sent once, and not later than the post window after the write-ahead: the settle time
 * that follows is longer than any such request can take.
 */
export async function tagKey(context: StepContext, step: Step & { kind: "tag-key" }): Promise<StepResult> {
  const { env } = context;
  const { attempt, keyId, description } = step;
  const account = accountOf(context);
  const left = attempt.startedAt + env.timing.postWindow - env.now();
  if (left <= 0) return TOO_LATE;
  const waitSignal = AbortSignal.any([AbortSignal.timeout(left), env.fence.closed]);
  const key = remoteKey(await account.client.updateApiKey(keyId, { description, once: true, waitSignal }));
  account.noteTag(keyId, isTagged(key, attempt));
  env.journal.adopting(context, keyId);
  return done({ remote: key });
}

/** Replaces a key's description: takes our tag off, or puts this installation's on. */
export async function describeKey(
  context: StepContext,
  step: Step & { kind: "describe-key" },
): Promise<StepResult> {
  const { closed: signal } = context.env.fence;
  const { description } = step;
  const key = await accountOf(context).client.updateApiKey(step.keyId, { description, signal });
  context.env.journal.described(context, step.keyId, step.why);
  return done({ remote: remoteKey(key) });
}

function accountOf({ account }: StepContext): AccountRuntime {
  if (account === undefined) throw new TypeError("a key is asked about only under an account");
  return account;
}
