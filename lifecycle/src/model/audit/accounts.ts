import type { Tag } from "../../index.ts";
import { ADOPTED } from "../../tag.ts";
import { ownerIndex, ownerOfUid, tagOf } from "../owners.ts";
import type { State } from "../state.ts";
import { objectAt, secretAt } from "../store.ts";
import type { VendorKey } from "../stored.ts";

/**
 * Whether the key's value is in its Secret, and the Secret's record (or else the status) names the key. The commit of
 * an attempt that was given up is none, whatever attempt is forged into its record.
 */
export function isCommitted(state: State, key: VendorKey): boolean {
  const index = ownerIndex(state, key);
  const object = objectAt(state.cluster, index);
  const secret = secretAt(state.cluster, index);
  if (object === undefined || secret?.value !== key.value) return false;
  if (object.status.keyId === key.id) return true;
  const { record } = secret;
  if (secret.owner !== object.uid || record?.keyId !== key.id) return false;
  const attempts = [record.attempt, tagOf(key.description)?.attempt];
  return !object.status.abandoned.some(({ id }) => attempts.includes(id));
}

/** Whether a key is committed, retiring or traceable. */
export function isAccounted(state: State, key: VendorKey, tag: Tag): boolean {
  const index = ownerIndex(state, key);
  const object = objectAt(state.cluster, index);
  if (object === undefined) return false;
  const { status } = object;
  const secret = secretAt(state.cluster, index);
  // An annotation is no licence to revoke a key that somebody else has made: of that, it takes a status.
  const counts = secret?.owner === object.uid && tag.revision !== ADOPTED;
  const beside = counts ? (secret.record?.previous ?? []) : [];
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

/** Whether Pods that are waited for have the key's value in their memory. */
export function isInPods(state: State, apiKey: number, key: VendorKey): boolean {
  const workload = state.workloads[apiKey];
  const waited = workload?.labelled === true || objectAt(state.cluster, apiKey)?.holdWhileInUse === true;
  return waited && workload?.pods?.value === key.value;
}

/** The owner parts of the tags of the ApiKeys that exist. */
export function livingOwners({ cluster }: State): readonly string[] {
  return cluster.apiKeys.flatMap(({ now }) => (now === undefined ? [] : [ownerOfUid(now.uid)]));
}
