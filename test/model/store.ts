import type { StoredObject, StoredSecret } from "../../lifecycle/src/plan/testing/api-server.ts";
import { HAND_MADE, remember, withElement, type Cluster, type State } from "./state.ts";

/** Stores an ApiKey, or with `undefined` removes it; one that is being deleted goes with its last finalizer. */
export function putObject(state: State, index: number, object: StoredObject | undefined): State {
  const names = state.names + 1;
  const gone = object === undefined || (object.deleting && !object.finalizer);
  const stored = gone ? undefined : { ...object, resourceVersion: `rv-${names}` };
  const before = state.cluster.apiKeys[index]?.now;
  const apiKeys = withElement(state.cluster.apiKeys, index, { now: stored, before });
  const next = { ...state, names, cluster: { ...state.cluster, apiKeys } };
  if (stored === undefined) return next;
  const adopted = stored.status.keyId === HAND_MADE ? [HAND_MADE] : [];
  return remember(remember(next, "recorded", attemptsOf(stored)), "adopted", adopted);
}

/** Stores a Secret, or with `undefined` removes it. */
export function putSecret(state: State, index: number, secret: StoredSecret | undefined): State {
  const names = state.names + 1;
  const stored = secret === undefined ? undefined : { ...secret, resourceVersion: `rv-${names}` };
  const before = state.cluster.secrets[index]?.now;
  const secrets = withElement(state.cluster.secrets, index, { now: stored, before });
  const next = { ...state, names, cluster: { ...state.cluster, secrets } };
  const committed = stored?.record !== undefined && stored.record.fingerprint === `fp:${stored.value}`;
  return committed ? remember(next, "written", [stored.value ?? ""]) : next;
}

/** The ApiKey as it is now. */
export function objectAt(cluster: Cluster, index: number): StoredObject | undefined {
  return cluster.apiKeys[index]?.now;
}

/** The Secret as it is now. */
export function secretAt(cluster: Cluster, index: number): StoredSecret | undefined {
  return cluster.secrets[index]?.now;
}

/** The attempts that a status names. */
export function attemptsOf(object: StoredObject): readonly string[] {
  const { attempt, abandoned } = object.status;
  const pending = attempt === undefined ? [] : [attempt.id];
  return [...pending, ...abandoned.map(({ id }) => id)];
}
