import { parseTag } from "@signatureapi-keys/lifecycle";
import { SECRET_ANNOTATIONS } from "@signatureapi-keys/controller/resources";
import type { KeyWithAccount } from "@signatureapi-keys/management-api/emulator";
import * as z from "zod";
import type { Operation } from "./operation.ts";
import type { Facts, IsolatedKey } from "./isolated-key.ts";

const previousSchema = z.array(z.object({ keyId: z.string() }));

/**
 * What is wrong at a moment at which nothing need be finished: every active key is committed, retiring or
 * traceable, a live key that is committed works, and the status names no value before it is in the Secret.
 */
export async function violationsAtAnyTime(
  key: IsolatedKey,
  facts: Facts,
  {
    meddles = false,
    repeats = false,
    endsOutside = false,
  }: Pick<Operation, "meddles" | "repeats" | "endsOutside">,
): Promise<readonly string[]> {
  const unaccounted = activeKeys(key, facts).filter((active) => !isAccounted(facts, active, repeats));
  return [
    ...(endsOutside ? [] : await deadCommitViolations(key, facts)),
    ...orphanViolations(key, facts),
    ...dependentViolations(key, facts),
    ...adoptionViolations(key, facts),
    ...(meddles ? [] : statusAheadViolations(facts)),
    ...unaccounted.map(({ id }) => `key ${id} is neither committed, nor retiring, nor traceable`),
    ...changedByHandViolations(key, facts),
  ];
}

/** What is wrong once a declared key must be delivered, and nothing is under way. */
export async function violationsDelivered(key: IsolatedKey, facts: Facts): Promise<readonly string[]> {
  const { status, secret, value } = facts;
  const active = activeKeys(key, facts).map(({ id }) => id);
  const violations: string[] = [];
  if (status.keyId === undefined || active.length !== 1 || active[0] !== status.keyId)
    violations.push(`active keys of ours are [${active.join(", ")}], and the status names ${status.keyId}`);
  const beside = secret?.metadata.annotations?.[SECRET_ANNOTATIONS.keyId];
  if (beside !== status.keyId) violations.push(`the Secret's record names key ${beside}`);
  if (!value?.endsWith(status.hint ?? "none")) violations.push("the Secret's value does not fit status.hint");
  const answer = value === undefined ? undefined : await key.world.authenticate(value);
  if (answer?.status !== 200) violations.push(`the Secret's value is answered with ${answer?.status}`);
  if (answer?.mode !== status.mode) violations.push(`the value's mode is ${String(answer?.mode)}`);
  const delivered = facts.keys.find(({ id }) => id === status.keyId);
  if (value !== undefined && delivered?.hint !== value.slice(-4))
    violations.push(`the Secret's value is not that of key ${status.keyId}`);
  if (key.adopted?.delivered === true && value !== key.adopted.value)
    violations.push("the value that was in the Secret before the adoption was not kept");
  if (key.adopted !== undefined && status.keyId !== key.adopted.id)
    violations.push(`the status names ${status.keyId}, and not the key that was to be adopted`);
  return [...violations, ...changedByHandViolations(key, facts)];
}

/** What is wrong once an ApiKey is gone whose adoption did not come to its end: everything is as it was before. */
export function violationsUndone(key: IsolatedKey, facts: Facts): readonly string[] {
  const { adopted } = key;
  const kept = adopted?.delivered === true ? adopted.value : undefined;
  return [
    ...adoptionViolations(key, facts),
    ...activeKeys(key, facts).map(({ id, description }) => `key ${id} is left with ${description}`),
    ...(facts.apiKey === undefined ? [] : ["the ApiKey is left"]),
    ...(facts.value === kept ? [] : ["the Secret does not hold what it held before"]),
    ...changedByHandViolations(key, facts),
  ];
}

/** A key that is adopted is never revoked before a deletion of what was committed; untagged, it reads as before. */
function adoptionViolations({ adopted }: IsolatedKey, { apiKey, keys, status }: Facts): readonly string[] {
  const key = keys.find(({ id }) => id === adopted?.id);
  if (adopted === undefined || key === undefined) return [];
  const mayBeRevoked = apiKey?.metadata.deletionTimestamp !== undefined && status.keyId === key.id;
  const changed = parseTag(key.description) === undefined && key.description !== adopted.description;
  return [
    ...(key.status === "active" || mayBeRevoked ? [] : [`the adopted key ${key.id} was revoked`]),
    ...(changed ? [`the description of key ${key.id} is ${key.description}`] : []),
  ];
}

/** What is wrong once an ApiKey is gone, and with it everything it declared. */
export function violationsGone(key: IsolatedKey, facts: Facts): readonly string[] {
  const active = activeKeys(key, facts).map(({ id }) => id);
  return [
    ...(active.length === 0 ? [] : [`active keys of ours are left: ${active.join(", ")}`]),
    ...(facts.secret === undefined ? [] : ["the Secret is left"]),
    ...(facts.apiKey === undefined ? [] : ["the ApiKey is left"]),
    ...changedByHandViolations(key, facts),
  ];
}

/** What is wrong once an ApiKey is gone whose key was to stay: one key, untagged, whose value stands. */
export async function violationsRetained(key: IsolatedKey, facts: Facts): Promise<readonly string[]> {
  const tagged = activeKeys(key, facts).some(({ description }) => parseTag(description) !== undefined);
  return [...(await violationsKept(key, facts)), ...(tagged ? ["the kept key carries its tag"] : [])];
}

/** The same where the vendor was not there to take the tag off: nothing of the key was changed. */
export async function violationsUntouched(key: IsolatedKey, facts: Facts): Promise<readonly string[]> {
  const tagged = activeKeys(key, facts).some(({ description }) => parseTag(description) !== undefined);
  return [...(await violationsKept(key, facts)), ...(tagged ? [] : ["the kept key has lost its tag"])];
}

async function violationsKept(key: IsolatedKey, facts: Facts): Promise<readonly string[]> {
  const { apiKey, secret, value } = facts;
  const [kept, ...more] = activeKeys(key, facts);
  const answer = value === undefined ? undefined : await key.world.authenticate(value);
  return [
    ...(kept === undefined ? ["no key was kept"] : []),
    ...more.map(({ id }) => `key ${id} was kept besides`),
    ...(apiKey === undefined ? [] : ["the ApiKey is left"]),
    ...(secret === undefined ? ["the Secret was not kept"] : []),
    ...(answer?.status === 200 ? [] : [`the kept value is answered with ${answer?.status}`]),
    ...(kept === undefined || value?.endsWith(kept.hint) ? [] : ["the kept value is another key's"]),
    ...changedByHandViolations(key, facts),
  ];
}

/** A key that no record knows may run in Pods: it is revoked only when a later one is committed. */
function orphanViolations({ orphans }: IsolatedKey, { keys, status }: Facts): readonly string[] {
  const committed = keys.findIndex(({ id }) => id === status.keyId);
  return keys
    .slice(0, Math.max(committed, 0))
    .filter(({ id, status: state }) => state !== "active" && orphans.some((orphan) => orphan.id === id))
    .map(({ id }) => `key ${id}, which no record knows, was revoked before a later one was committed`);
}

/** The active keys that were not made by hand; one that is to be adopted is ours while it carries our tag. */
function activeKeys(key: IsolatedKey, { keys }: Facts): readonly KeyWithAccount[] {
  return keys.filter(({ id, status, description }) => {
    const notYet = key.adopted?.id === id && parseTag(description) === undefined;
    const others = [...key.handMade, ...key.orphans];
    return status === "active" && !notYet && others.every((other) => other.id !== id);
  });
}

/** Whether a Secret's commit counts: its attempt is not listed as abandoned. */
function isCommitted({ secret, status }: Facts): boolean {
  const attempt = secret?.metadata.annotations?.[SECRET_ANNOTATIONS.attempt];
  return attempt !== undefined && (status.abandoned ?? []).every(({ id }) => id !== attempt);
}

/** A roll ends the old value before the new one can be committed; a new key never does. */
async function deadCommitViolations(key: IsolatedKey, facts: Facts): Promise<readonly string[]> {
  const { apiKey, value } = facts;
  if (apiKey === undefined || apiKey.metadata.deletionTimestamp !== undefined) return [];
  if (value === undefined || !isCommitted(facts) || !value.startsWith("key_live_")) return [];
  const answer = await key.world.authenticate(value);
  return answer.status === 200 ? [] : [`the committed value is answered with ${answer.status}`];
}

/** The Secret is written before the status: unless it is edited by hand, it is never behind. */
function statusAheadViolations({ apiKey, status, secret }: Facts): readonly string[] {
  if (apiKey === undefined || apiKey.metadata.deletionTimestamp !== undefined || status.keyId === undefined)
    return [];
  const stands = Number(secret?.metadata.annotations?.[SECRET_ANNOTATIONS.revision] ?? 0);
  return stands >= (status.revision ?? 0)
    ? []
    : [`the status names revision ${status.revision}, which was never in the Secret`];
}

const RESTART = "restart.signatureapi.com/app";

/** A key that Pods took from the Secret lives until each of them was replaced by one that has a later value. */
function dependentViolations(key: IsolatedKey, { keys, pods, status }: Facts): readonly string[] {
  const used = keys.find(({ id }) => id === key.keyOfPods);
  if (used === undefined || used.status === "active") return [];
  return pods
    .filter(({ metadata }) => metadata.annotations?.[RESTART] !== status.fingerprint)
    .map(({ metadata }) => `key ${used.id} was revoked while Pod ${metadata.name} had its value`);
}

/** @param repeats whether a second key of the recorded attempt is there until an inventory finds it. */
function isAccounted(facts: Facts, key: KeyWithAccount, repeats: boolean): boolean {
  const { status, secret, apiKey } = facts;
  const annotations = secret?.metadata.annotations ?? {};
  const committed = isCommitted(facts) && annotations[SECRET_ANNOTATIONS.keyId] === key.id;
  const beside = previousSchema.parse(JSON.parse(annotations[SECRET_ANNOTATIONS.previous] ?? "[]"));
  const retiring = [...(status.previous ?? []), ...beside].some(({ keyId }) => keyId === key.id);
  // What the status names was committed; its Secret may have been deleted or edited since.
  const recorded = status.keyId === key.id;
  if (committed || retiring || recorded || isReleased(facts, key)) return true;
  const attempt = parseTag(key.description)?.attempt;
  const traces = [status.attempt, ...(status.abandoned ?? [])].map((entry) => entry?.id);
  if (repeats) traces.push(status.keyAttempt);
  return apiKey !== undefined && attempt !== undefined && traces.includes(attempt);
}

/** A key that outlives its ApiKey as declared: it has lost its tag, its Secret the record, and the value is still there. */
function isReleased({ apiKey, secret, value }: Facts, { description, hint }: KeyWithAccount): boolean {
  const isMarked = secret?.metadata.annotations?.[SECRET_ANNOTATIONS.owner] !== undefined;
  const isTagged = parseTag(description) !== undefined;
  return apiKey === undefined && !isMarked && !isTagged && value?.endsWith(hint) === true;
}

function changedByHandViolations(key: IsolatedKey, { keys }: Facts): readonly string[] {
  return key.handMade.flatMap((handMade) => {
    const remote = keys.find(({ id }) => id === handMade.id);
    if (remote?.status !== "active") return [`the key made by hand ${handMade.id} was revoked`];
    return remote.description === handMade.description
      ? []
      : [`the key made by hand ${handMade.id} was given another description`];
  });
}
