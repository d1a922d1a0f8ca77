import { formatTag, type DesiredKey } from "../index.ts";
import {
  HAND_MADE,
  INSTALLATION,
  type Budget,
  type Ghost,
  type Slot,
  type State,
  type Worker,
} from "./state.ts";
import { objectAt, putObject, putSecret } from "./store.ts";
import type { StoredObject, Workload } from "./stored.ts";
import { addKey } from "./vendor.ts";
import { NEW_WORKLOAD } from "./workloads.ts";

/** What an ApiKey of the model declares, unless a test says otherwise. */
export const DESIRED: DesiredKey = {
  mode: "live",
  description: "Checkout service",
  secretName: "checkout",
  overlap: 3_600_000,
  suspend: false,
};

const NOBODY: Ghost = {
  recorded: [],
  posted: [],
  written: [],
  excused: [],
  created: [],
  strays: [],
  late: [],
  inUse: [],
  repeated: [],
  revokedOutside: [],
  adopted: [],
  veryLate: [],
};

/** Nothing is declared, no controller runs, and the account is empty. */
export function emptyState(budget: Budget): State {
  return {
    now: Date.UTC(2026, 10, 1),
    cluster: { apiKeys: [], secrets: [], secretOf: [] },
    workloads: [],
    keys: [],
    lastChange: undefined,
    workers: [],
    late: [],
    snapshots: [],
    findings: [],
    sweptAt: undefined,
    listing: undefined,
    unaccounted: [],
    orphans: "Report",
    describedAt: undefined,
    epoch: 0,
    turn: 0,
    names: 100,
    values: 0,
    ghost: NOBODY,
    budget,
  };
}

/** Adds a key that another installation manages, and one made by hand: `ak_1` and `ak_2`. */
export function withForeignKeys(state: State): State {
  const tag = formatTag({
    installation: "ffffffffff",
    owner: "f".repeat(16),
    revision: 1,
    attempt: "foreign2",
  });
  const descriptions = [`theirs ${tag}`, "made by hand"];
  return descriptions.reduce((next, description) => madeByHand(next, description), state);
}

function madeByHand(state: State, description: string, id?: string): State {
  const key = { description, mode: "live", createdAt: 0, ...(id === undefined ? {} : { id }) };
  return addKey(state, key)[0];
}

const NOTHING: Slot<never> = { now: undefined, before: undefined, older: undefined };

/** What an ApiKey is declared with. */
export interface Declaration {
  readonly desired?: Partial<DesiredKey>;
  readonly holdWhileInUse?: boolean;
  /** The workload that uses its Secret; without one, the controller looks after none. */
  readonly workload?: Partial<Workload>;
}

/** Declares one more ApiKey. Where its Secret has the name of an earlier one's, it is the same. */
export function declare(state: State, { desired, holdWhileInUse, workload }: Declaration = {}): State {
  const { apiKeys, secrets, secretOf } = state.cluster;
  const index = apiKeys.length;
  const wanted: DesiredKey = { ...DESIRED, secretName: `secret-${index}`, ...desired };
  const same = apiKeys.findIndex(
    ({ now }) => now !== undefined && "mode" in now.desired && now.desired.secretName === wanted.secretName,
  );
  const secret = same < 0 ? secrets.length : (secretOf[same] ?? same);
  const cluster = {
    apiKeys: [...apiKeys, NOTHING],
    secrets: same < 0 ? [...secrets, NOTHING] : secrets,
    secretOf: [...secretOf, secret],
  };
  const workloads = [...state.workloads, workload && { ...NEW_WORKLOAD, ...workload }];
  const object = { ...newObject(index, wanted), ...(holdWhileInUse === true ? { holdWhileInUse } : {}) };
  return putObject({ ...state, cluster, workloads }, index, object);
}

function newObject(index: number, desired: DesiredKey): StoredObject {
  return {
    name: `apikey-${index}`,
    uid: `uid-${index + 1}`,
    resourceVersion: "",
    generation: 1,
    observedGeneration: 0,
    finalizer: false,
    deleting: false,
    abandon: false,
    desired,
    status: { revision: 0, abandoned: [], previous: [] },
    verdict: undefined,
  };
}

/** A key that was made by hand, and perhaps put into the Secret of the first ApiKey, which adopts it. */
export function adopting(state: State, withValue: boolean): State {
  const made = madeByHand(state, "Checkout, by Ada", HAND_MADE);
  const declaring = declaresAdoption(made, 0);
  if (!withValue) return declaring;
  const value = made.keys.at(-1)?.value;
  const content = { owner: undefined, value, record: undefined, touchedFor: undefined };
  return putSecret(declaring, 0, { uid: "uid-99", resourceVersion: "", ...content });
}

/** Lets an ApiKey ask for the key that was made by hand. */
export function declaresAdoption(state: State, index: number): State {
  const object = objectAt(state.cluster, index);
  if (object === undefined || !("mode" in object.desired)) throw new TypeError("nothing is declared");
  return putObject(state, index, { ...object, desired: { ...object.desired, adopt: HAND_MADE } });
}

/** A worker that has not begun. */
export function idle(controller: number, apiKey: number, wakeAt: number): Worker {
  return {
    controller,
    apiKey,
    wakeAt,
    readOnly: false,
    installation: INSTALLATION,
    fenced: false,
    pass: undefined,
    tagsVerified: false,
    refused: undefined,
    rested: undefined,
  };
}
