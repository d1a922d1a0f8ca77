import { HAND_MADE, remember, withElement, type Cluster, type Slot, type State } from "./state.ts";
import type { StoredObject, StoredSecret } from "./stored.ts";

/** Stores an ApiKey, or with `undefined` removes it; one that is being deleted goes with its last finalizer. */
export function putObject(state: State, index: number, object: StoredObject | undefined): State {
  const names = state.names + 1;
  const gone = object === undefined || (object.deleting && !object.finalizer);
  const stored = gone ? undefined : { ...object, resourceVersion: `rv-${names}` };
  const apiKeys = withElement(state.cluster.apiKeys, index, after(state.cluster.apiKeys[index], stored));
  const next = { ...state, names, cluster: { ...state.cluster, apiKeys } };
  if (stored === undefined) return next;
  const adopted = stored.status.keyId === HAND_MADE ? [HAND_MADE] : [];
  return remember(remember(next, "recorded", attemptsOf(stored)), "adopted", adopted);
}

/** Stores the Secret of an ApiKey, or with `undefined` removes it. */
export function putSecret(state: State, apiKey: number, secret: StoredSecret | undefined): State {
  const names = state.names + 1;
  const stored = secret === undefined ? undefined : { ...secret, resourceVersion: `rv-${names}` };
  const index = state.cluster.secretOf[apiKey] ?? apiKey;
  const secrets = withElement(state.cluster.secrets, index, after(state.cluster.secrets[index], stored));
  const next = { ...state, names, cluster: { ...state.cluster, secrets } };
  const committed = stored?.record !== undefined && stored.record.fingerprint === `fp:${stored.value}`;
  return committed ? remember(next, "written", [stored.value ?? ""]) : next;
}

function after<T>(slot: Slot<T> | undefined, stored: T | undefined): Slot<T> {
  return { now: stored, before: slot?.now, older: slot?.before };
}

/** The ApiKey as it is now. */
export function objectAt(cluster: Cluster, index: number): StoredObject | undefined {
  return cluster.apiKeys[index]?.now;
}

/** The Secret of an ApiKey as it is now. */
export function secretAt(cluster: Cluster, apiKey: number): StoredSecret | undefined {
  return secretSlot(cluster, apiKey)?.now;
}

/** The Secret of an ApiKey with its versions. */
export function secretSlot(cluster: Cluster, apiKey: number): Slot<StoredSecret> | undefined {
  return cluster.secrets[cluster.secretOf[apiKey] ?? apiKey];
}

/** The attempts that a status names. */
export function attemptsOf(object: StoredObject): readonly string[] {
  const { attempt, abandoned } = object.status;
  const pending = attempt === undefined ? [] : [attempt.id];
  return [...pending, ...abandoned.map(({ id }) => id)];
}
