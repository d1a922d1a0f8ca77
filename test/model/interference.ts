import type { StoredObject, StoredSecret } from "../../lifecycle/src/plan/testing/api-server.ts";
import { DEFAULT_TIMING as TIMING } from "@signatureapi-keys/lifecycle";
import { isCommitted } from "./audit.ts";
import { hintOf } from "../../lifecycle/src/plan/testing/vendor.ts";
import { changeKey } from "./effects.ts";
import { EDITED_BY_HAND, HAND_MADE, remember, type Cluster, type Slot, type State } from "./state.ts";
import { objectAt, putObject, putSecret, secretAt } from "./store.ts";

/** Somebody meddles with an ApiKey. @returns `undefined` where there is nothing to meddle with. */
type Interference = (state: State, apiKey: number) => State | undefined;

type Committed = StoredSecret & { readonly record: NonNullable<StoredSecret["record"]> };

function onSecret(
  change: (secret: Committed, state: State, apiKey: number) => Partial<StoredSecret>,
): Interference {
  return (state, apiKey) => {
    const secret = secretAt(state.cluster, apiKey);
    if (secret?.record === undefined) return undefined;
    const changes = change({ ...secret, record: secret.record }, state, apiKey);
    return putSecret(state, apiKey, { ...secret, ...changes });
  };
}

function onObject(
  change: (state: State, object: StoredObject, apiKey: number) => State | undefined,
): Interference {
  return (state, apiKey) => {
    const object = objectAt(state.cluster, apiKey);
    return object === undefined || object.deleting ? undefined : change(state, object, apiKey);
  };
}

/** The key of the other ApiKey, or where there is none, of another installation. */
function neighboursKey(state: State, apiKey: number): string {
  const other = state.cluster.apiKeys.find((_slot, index) => index !== apiKey)?.now;
  return other?.status.keyId ?? "ak_1";
}

/** Everything that the holder of a namespace, an operator of etcd, or an accident can do, by its name. */
export const INTERFERENCES: Readonly<Record<string, Interference>> = {
  "the Secret is deleted": (state, apiKey) =>
    secretAt(state.cluster, apiKey) === undefined ? undefined : putSecret(state, apiKey, undefined),
  "the Secret's value is edited": onSecret(() => ({ value: "edited-by-hand" })),
  "the Secret's annotations are stripped": onSecret(() => ({
    owner: undefined,
    record: undefined,
    touchedFor: undefined,
  })),
  "a neighbour's key ID is forged into the Secret": onSecret(({ record }, state, apiKey) => ({
    record: { ...record, keyId: neighboursKey(state, apiKey) },
  })),
  "previous keys are forged into the Secret": onSecret(({ record }, state, apiKey) => ({
    record: {
      ...record,
      previous: [
        ...record.previous,
        ...[neighboursKey(state, apiKey), "ak_2"].map((keyId) => ({
          keyId,
          revokeAt: 0,
          reason: "RotationDue",
        })),
      ],
    },
  })),
  "the status is wiped": onObject((state, object, apiKey) =>
    putObject(state, apiKey, {
      ...object,
      status: { revision: 0, abandoned: [], previous: [] },
      verdict: undefined,
      observedGeneration: 0,
    }),
  ),
  "the ApiKey is deleted": onObject((state, object, apiKey) =>
    putObject(state, apiKey, { ...object, deleting: true, generation: object.generation + 1 }),
  ),
  "the key is revoked from outside": onObject((state, { status }) => {
    const [next, key] = changeKey(state, status.keyId ?? "", { status: "revoked" });
    return key === undefined ? undefined : remember(next, "revokedOutside", [key.id]);
  }),
  "the key is rolled from outside": onObject((state, { status }) => {
    const names = state.names + 1;
    const value = `value-x${String(names).padStart(3, "0")}`;
    const [next, key] = changeKey({ ...state, names }, status.keyId ?? "", { value, hint: hintOf(value) });
    return key === undefined ? undefined : next;
  }),
  "the key made by hand is revoked": (state) => {
    const [next, key] = changeKey(state, HAND_MADE, { status: "revoked" });
    return key === undefined ? undefined : remember(next, "revokedOutside", [key.id]);
  },
  "the key made by hand is described anew": (state) => {
    const [next, key] = changeKey(state, HAND_MADE, { description: EDITED_BY_HAND });
    return key === undefined ? undefined : next;
  },
  "spec.adopt is taken back": onObject((state, object, apiKey) => {
    const { desired, status, generation } = object;
    if (!("mode" in desired) || desired.adopt === undefined || status.keyId !== undefined) return undefined;
    const { adopt: _taken, ...rest } = desired;
    return putObject(state, apiKey, { ...object, desired: rest, generation: generation + 1 });
  }),
  "etcd is rolled back to the beginning": (state) => rolledBack(state, 0),
  "etcd is rolled back to the last write-ahead": (state) => rolledBack(state, 1),
};

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
  let next: State = { ...state, now, cluster, workers, findings: [], sweptAt: undefined };
  for (const index of cluster.apiKeys.keys()) {
    next = putObject(next, index, objectAt(cluster, index));
    next = putSecret(next, index, secretAt(cluster, index));
  }
  const { apiKeys, secrets } = next.cluster;
  const used = state.keys.filter((key) => isCommitted(state, key)).filter((key) => !isCommitted(next, key));
  next = remember(
    next,
    "inUse",
    used.map(({ id }) => id),
  );
  return { ...next, cluster: { apiKeys: apiKeys.map(forgotten), secrets: secrets.map(forgotten) } };
}

/** A cache that was filled anew. */
function forgotten<T>({ now }: Slot<T>): Slot<T> {
  return { now, before: now };
}
