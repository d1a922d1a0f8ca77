import { ownerOf, parseTag, type Step, type Tag } from "@signatureapi-keys/lifecycle";
import type { VendorKey } from "../../lifecycle/src/plan/testing/vendor.ts";
import { EDITED_BY_HAND, HAND_MADE, INSTALLATION, type Request, type State } from "./state.ts";
import { attemptsOf, objectAt, secretAt } from "./store.ts";

/**
 * The invariant of design, as a function of a state. It says what the auditor of the random worlds says
 * (lifecycle/src/plan/testing/auditor.ts), and besides: no key of a neighbouring ApiKey is harmed; no status
 * names a value that never stood in a Secret; no value of a key that we revoked is written over a living one.
 *
 * Excused is, after an interference that takes records away, every attempt that was on record before it and
 * that what is left does not account for: nobody can be asked for its key any more, nor knows that it must not be
 * revoked. Nothing else is excused.
 */
export function auditState(state: State): string | undefined {
  const holders = state.cluster.apiKeys.filter(({ now }) => now?.status.keyId === HAND_MADE);
  if (holders.length > 1) return `${holders.length} ApiKeys record key ${HAND_MADE}`;
  for (const key of state.keys) {
    if (key.status !== "active") continue;
    const tag = tagOf(key.description);
    if (tag?.installation !== INSTALLATION || state.ghost.excused.includes(tag.attempt)) continue;
    // It is traced by the other key of its attempt, and by the next sweep; at rest none may be left.
    if (state.ghost.repeated.includes(key.id)) continue;
    if (!state.ghost.recorded.includes(tag.attempt))
      return `key ${key.id} lives under an attempt never recorded`;
    if (!isAccounted(state, key, tag)) return `key ${key.id} lives and nothing accounts for it`;
  }
  return undefined;
}

const tags = new Map<string, Tag | undefined>();

/** Tags are asked for in every state, and there are few descriptions. */
export function tagOf(description: string): Tag | undefined {
  if (tags.has(description)) return tags.get(description);
  const tag = parseTag(description);
  tags.set(description, tag);
  return tag;
}

const owners = new Map<string, string>();

/** The owner part of an ApiKey's tags, by its UID. */
export function ownerOfUid(uid: string): string {
  const known = owners.get(uid) ?? ownerOf(uid);
  owners.set(uid, known);
  return known;
}

/** The index of the ApiKey that a key's tag names, if that exists. */
export function ownerIndex(state: State, key: VendorKey): number {
  const owner = tagOf(key.description)?.owner;
  return state.cluster.apiKeys.findIndex(({ now }) => now !== undefined && ownerOfUid(now.uid) === owner);
}

/** Whether the key's value stands in its Secret, and the Secret's record (or else the status) names the key. */
export function isCommitted(state: State, key: VendorKey): boolean {
  const index = ownerIndex(state, key);
  const object = objectAt(state.cluster, index);
  const secret = secretAt(state.cluster, index);
  if (object === undefined || secret?.value !== key.value) return false;
  if (object.status.keyId === key.id) return true;
  const { record } = secret;
  if (secret.owner !== object.uid || record?.keyId !== key.id) return false;
  return !object.status.abandoned.some((attempt) => attempt.id === record.attempt);
}

/** Whether a key is committed, retiring or traceable. */
export function isAccounted(state: State, key: VendorKey, tag: Tag): boolean {
  const index = ownerIndex(state, key);
  const object = objectAt(state.cluster, index);
  if (object === undefined) return false;
  const { status } = object;
  const secret = secretAt(state.cluster, index);
  const beside = secret?.owner === object.uid ? (secret.record?.previous ?? []) : [];
  return (
    status.keyId === key.id ||
    status.attempt?.id === tag.attempt ||
    status.abandoned.some(({ id }) => id === tag.attempt) ||
    // A roll is recorded with the key that it is about.
    [status.attempt, ...status.abandoned].some((attempt) => attempt?.keyId === key.id) ||
    [...status.previous, ...beside].some(({ keyId }) => keyId === key.id) ||
    isCommitted(state, key)
  );
}

/** What must not happen, asked right before a request takes effect. */
export function auditRequest(state: State, request: Request): string | undefined {
  const { step } = request;
  switch (step.kind) {
    case "mint":
      return auditMint(state, step.attempt.id);
    case "tag-key":
      return auditAdoption(state, request, step.keyId);
    case "describe-key":
      if (step.why === "Undone") return auditAdoption(state, request, step.keyId);
      return auditHarm(state, request, step.keyId);
    case "roll":
      return auditHarm(state, request, step.keyId);
    case "revoke-key":
      return auditHarm(state, request, step.keyId) ?? auditRevocation(state, request, step);
    case "commit-secret":
    case "rewrite-secret":
      return auditSecretWrite(state, request);
    case "delete-secret":
    case "take-back-secret":
      return auditDeletion(state, request.apiKey);
    case "write-status":
      return auditStatusWrite(state, step.status.fingerprint);
    default:
      return undefined;
  }
}

function auditMint(state: State, attempt: string): string | undefined {
  if (!state.ghost.recorded.includes(attempt))
    return `a key is asked for under the unrecorded attempt ${attempt}`;
  return state.ghost.posted.includes(attempt) ? `two keys are asked for under attempt ${attempt}` : undefined;
}

function activeKey(state: State, keyId: string): VendorKey | undefined {
  return state.keys.find(({ id, status }) => id === keyId && status === "active");
}

function auditHarm(state: State, request: Request, keyId: string): string | undefined {
  const key = activeKey(state, keyId);
  if (key === undefined) return undefined;
  const tag = tagOf(key.description);
  // Where somebody has edited the tag off, what a status names is ours all the same.
  if (tag === undefined && state.ghost.adopted.includes(keyId)) return undefined;
  // And who edits it between the look at the key and its roll cannot be seen.
  if (request.step.kind === "roll" && key.description === EDITED_BY_HAND) return undefined;
  const ours = tag?.installation === INSTALLATION && tag.owner === ownerOfUid(request.uid);
  return ours ? undefined : `${request.step.kind} harms the key ${keyId}, which is somebody else's`;
}

/**
 * An adoption may describe the one key that it is allowed, while no other ApiKey has it. Two that want it may look
 * before either has tagged it: the later tag stands.
 */
function auditAdoption(state: State, { uid, step }: Request, keyId: string): string | undefined {
  if (activeKey(state, keyId) === undefined) return undefined;
  const taken = state.cluster.apiKeys.some(
    ({ now }) => now !== undefined && now.uid !== uid && now.status.keyId === keyId,
  );
  return keyId === HAND_MADE && !taken
    ? undefined
    : `${step.kind} harms the key ${keyId}, which is somebody else's`;
}

function auditRevocation(
  state: State,
  { epoch }: Request,
  { keyId, reason }: Step & { kind: "revoke-key" },
): string | undefined {
  const key = activeKey(state, keyId);
  if (key?.id === HAND_MADE && !state.ghost.adopted.includes(keyId))
    return `key ${keyId}, which somebody else has made, is revoked and was never recorded`;
  const object = key === undefined ? undefined : objectAt(state.cluster, ownerIndex(state, key));
  if (key === undefined || object === undefined || object.deleting) return undefined;
  // Decided on a record that was wiped before the request arrived: nobody is left who could have fenced it off.
  const excused = state.ghost.excused.includes(tagOf(key.description)?.attempt ?? "");
  if (excused && epoch < state.epoch) return undefined;
  if (isCommitted(state, key)) return `the committed key ${keyId} is revoked`;
  if (object.status.keyId === keyId) return `the recorded key ${keyId} is revoked before it is replaced`;
  if (isNeeded(state, key)) return `key ${keyId}, which a restore forgot, is revoked while it may be in use`;
  const retiring = object.status.previous.find((candidate) => candidate.keyId === keyId);
  if (retiring === undefined || state.now >= retiring.revokeAt) return undefined;
  // Whoever holds the minted value, and has taken it back, knows that it is not in use.
  if (reason === "CommitLost" && retiring.reason === "AttemptRevived") return undefined;
  return `the previous key ${keyId} is revoked within its overlap`;
}

/**
 * Whether a key that a restore forgot is used by Pods, and no later key has been delivered for as long as the
 * overlap. The one test key of an account cannot wait for its own replacement.
 */
function isNeeded(state: State, key: VendorKey): boolean {
  if (!state.ghost.inUse.includes(key.id) || key.mode === "test") return false;
  const index = ownerIndex(state, key);
  const desired = objectAt(state.cluster, index)?.desired;
  const overlap = desired !== undefined && "overlap" in desired ? desired.overlap : 0;
  const committedAt = secretAt(state.cluster, index)?.record?.committedAt;
  return !state.keys.some(
    (other) =>
      other.status === "active" &&
      other.createdAt > key.createdAt &&
      ownerIndex(state, other) === index &&
      isCommitted(state, other) &&
      committedAt !== undefined &&
      state.now >= committedAt + overlap,
  );
}

/** A Secret that somebody wrote by hand goes only once its key is ours. */
function auditDeletion(state: State, apiKey: number): string | undefined {
  const secret = secretAt(state.cluster, apiKey);
  const key = state.keys.find(({ id }) => id === HAND_MADE);
  if (secret?.owner !== undefined || secret?.value !== key?.value || key === undefined) return undefined;
  return state.ghost.adopted.includes(HAND_MADE)
    ? undefined
    : `Secret ${secret?.name ?? ""}, which somebody wrote by hand, is deleted`;
}

function auditSecretWrite(state: State, request: Request): string | undefined {
  const { step, apiKey, uid } = request;
  if (step.kind !== "commit-secret" && step.kind !== "rewrite-secret") return undefined;
  const secret = secretAt(state.cluster, apiKey);
  const guard = step.kind === "rewrite-secret" ? step.guard : step.replaces;
  if (secret === undefined || guard?.resourceVersion !== secret.resourceVersion) return undefined;
  const value = step.kind === "rewrite-secret" ? secret.value : valueIn(step.record.fingerprint);
  const owned = secret.owner === uid || (secret.owner === undefined && secret.value === value);
  if (!owned) return `Secret ${secret.name} of ${secret.owner ?? "nobody"} is overwritten for ${uid}`;
  if (step.kind === "rewrite-secret" || secret.value === value) return undefined;
  // A commit that is late may still reach the Secret of an ApiKey that goes: it is deleted with it.
  if (objectAt(state.cluster, apiKey)?.deleting !== false) return undefined;
  const replaced = state.keys.some((key) => key.status === "active" && key.value === secret.value);
  const dead = activeKey(state, step.record.keyId) === undefined;
  const byUs = !state.ghost.revokedOutside.includes(step.record.keyId);
  if (!replaced || !dead || !byUs) return undefined;
  return `the value of the revoked key ${step.record.keyId} is written over a living one`;
}

function auditStatusWrite(state: State, fingerprint: string | undefined): string | undefined {
  if (fingerprint === undefined || state.ghost.written.includes(valueIn(fingerprint))) return undefined;
  return `a status names the value ${valueIn(fingerprint)}, which never stood in a Secret`;
}

/** In the model a fingerprint gives its value away, so that no second copy of a pending commit is needed. */
export function valueIn(fingerprint: string): string {
  return fingerprint.slice("fp:".length);
}

/**
 * The attempts that an interference has taken the records of: accounted for before it, and no longer after it; and
 * those of which it is no longer on record that they were abandoned, so that a dead commit reads as a live one.
 */
export function excusedBy(before: State, after: State): readonly string[] {
  const left = accountedAttempts(after);
  const lost = [...accountedAttempts(before)].filter((attempt) => !left.has(attempt));
  const abandoned = abandonedAttempts(after);
  return [...lost, ...[...abandonedAttempts(before)].filter((attempt) => !abandoned.has(attempt))];
}

function abandonedAttempts(state: State): ReadonlySet<string> {
  return new Set(state.cluster.apiKeys.flatMap(({ now }) => now?.status.abandoned.map(({ id }) => id) ?? []));
}

function accountedAttempts(state: State): ReadonlySet<string> {
  const named = state.cluster.apiKeys.flatMap(({ now }) => (now === undefined ? [] : attemptsOf(now)));
  const living = state.keys.flatMap((key) => {
    const tag = key.status === "active" ? tagOf(key.description) : undefined;
    return tag !== undefined && isAccounted(state, key, tag) ? [tag.attempt] : [];
  });
  return new Set([...named, ...living]);
}
