import { DEFAULT_TIMING as TIMING } from "../../index.ts";
import { isCommitted } from "../audit/accounts.ts";
import { NOTHING_REMEMBERED, remember, type Cluster, type Slot, type State } from "../state.ts";
import { objectAt, putObject, putSecret, secretAt } from "../store.ts";

/** A key may have been in use for this long when a restore forgets it: what the rules call an old attempt. */
const AGE_OF_SNAPSHOT = TIMING.revivedAfter + 1;

/**
 * A restore takes longer than any request, and all that talks to the API server is started anew: nothing is on
 * its way, no pass is under way. Everything has a new resourceVersion (`--bump-revision`, as etcd's manual asks for).
 */
function rolledBack(state: State, snapshot: number): State | undefined {
  const cluster: Cluster | undefined = state.snapshots[snapshot];
  if (cluster === undefined || cluster === state.cluster || state.late.length > 0) return undefined;
  const now = state.now + AGE_OF_SNAPSHOT;
  const workers = state.workers.map((worker) => ({ ...worker, pass: undefined, wakeAt: now }));
  let next: State = { ...state, now, cluster, workers, ...NOTHING_REMEMBERED };
  for (const index of cluster.apiKeys.keys()) {
    next = putObject(next, index, objectAt(cluster, index));
    next = putSecret(next, index, secretAt(cluster, index));
  }
  const { apiKeys, secrets } = next.cluster;
  const used = state.keys.filter((key) => isCommitted(state, key) && !isCommitted(next, key));
  const ids = used.map(({ id }) => id);
  const forgotten = { ...cluster, apiKeys: apiKeys.map(filledAnew), secrets: secrets.map(filledAnew) };
  return { ...remember(next, "inUse", ids), cluster: forgotten };
}

/** As a cache shows it that was filled anew. */
function filledAnew<T>({ now }: Slot<T>): Slot<T> {
  return { now, before: now, older: now };
}

/** What an operator of etcd can do. Workloads are not restored: their Pods go on with what they have. */
export const ON_ETCD = {
  "etcd is rolled back to the beginning": (state: State) => rolledBack(state, 0),
  "etcd is rolled back to the last write-ahead": (state: State) => rolledBack(state, 1),
} as const;
