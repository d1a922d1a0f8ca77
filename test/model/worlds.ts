import { formatTag, type DesiredKey } from "@signatureapi-keys/lifecycle";
import type { StoredObject } from "../../lifecycle/src/plan/testing/api-server.ts";
import { hintOf, type VendorKey } from "../../lifecycle/src/plan/testing/vendor.ts";
import { converge } from "./converge.ts";
import { SHIPPED } from "./passes.ts";
import { HAND_MADE, type Budget, type State, type Worker } from "./state.ts";
import { objectAt, putObject, putSecret } from "./store.ts";

/** What the first ApiKey is about when the search begins; a second one is always about to be created. */
export const WORLDS = ["create", "heal", "rotate", "roll", "delete", "adopt", "adopt without value"] as const;

/** One of {@link WORLDS}. */
export type WorldName = (typeof WORLDS)[number];

/** How large a world is, and what may go wrong in it. */
export interface Extent {
  readonly controllers: number;
  readonly apiKeys: number;
  readonly budget: Budget;
}

const NONE: Budget = {
  crashes: 0,
  faults: 0,
  interferences: 0,
  sweeps: 0,
  switches: 0,
  ticks: 0,
  disturbances: 0,
};

/** The state that a search begins with. */
export function worldOf(name: WorldName, extent: Extent): State {
  const mode = name === "roll" ? "test" : "live";
  const empty = declared(emptyState(), 0, mode);
  const first = begun(empty, name);
  const both = extent.apiKeys > 1 ? second(first, name) : first;
  const { cluster } = both;
  const workers = Array.from({ length: extent.controllers }, (_none, controller) =>
    cluster.apiKeys.map((_slot, apiKey) => idle(controller, apiKey, both.now)),
  ).flat();
  return { ...both, workers, snapshots: [cluster], findings: [], sweptAt: undefined, budget: extent.budget };
}

/** Where the first one adopts a key, the second one wants the same. */
function second(first: State, name: WorldName): State {
  const both = declared(first, 1, "live");
  return name === "adopt" || name === "adopt without value" ? wantsTheKey(both, 1) : both;
}

function begun(empty: State, name: WorldName): State {
  if (name === "create") return empty;
  return name === "adopt" || name === "adopt without value"
    ? adopting(empty, name === "adopt")
    : changed(delivered(empty), name);
}

function emptyState(): State {
  const nobody = {
    recorded: [],
    posted: [],
    written: [],
    excused: [],
    created: [],
    strays: [],
    inUse: [],
    repeated: [],
    revokedOutside: [],
    adopted: [],
  };
  return {
    now: Date.UTC(2026, 10, 1),
    cluster: { apiKeys: [], secrets: [] },
    keys: foreignKeys(),
    workers: [],
    late: [],
    snapshots: [],
    findings: [],
    sweptAt: undefined,
    epoch: 0,
    turn: 0,
    names: 100,
    ghost: nobody,
    budget: NONE,
  };
}

function idle(controller: number, apiKey: number, wakeAt: number): Worker {
  return { controller, apiKey, wakeAt, pass: undefined, tagsVerified: false, rested: undefined };
}

/** A key that another installation manages, and one made by hand. */
function foreignKeys(): readonly VendorKey[] {
  const tag = formatTag({
    installation: "ffffffffff",
    owner: "f".repeat(16),
    revision: 1,
    attempt: "foreign2",
  });
  return [`theirs ${tag}`, "made by hand"].map((description, index) => {
    const value = `value-foreign${index}`;
    const id = `ak_${index + 1}`;
    return { id, description, mode: "live", status: "active", createdAt: 0, hint: hintOf(value), value };
  });
}

function declared(state: State, index: number, mode: DesiredKey["mode"]): State {
  const cluster = {
    apiKeys: [...state.cluster.apiKeys, { now: undefined, before: undefined }],
    secrets: [...state.cluster.secrets, { now: undefined, before: undefined }],
  };
  const object: StoredObject = {
    name: `apikey-${index}`,
    uid: `uid-${index + 1}`,
    resourceVersion: "",
    generation: 1,
    observedGeneration: 0,
    finalizer: false,
    deleting: false,
    abandon: false,
    desired: {
      mode,
      description: "Checkout service",
      secretName: `secret-${index}`,
      overlap: 3_600_000,
      trigger: "1",
      suspend: false,
    },
    status: { revision: 0, abandoned: [], previous: [] },
    verdict: undefined,
  };
  return putObject({ ...state, cluster }, index, object);
}

/** A key that somebody has made by hand, and perhaps put into the Secret that the ApiKey names. */
function adopting(state: State, withValue: boolean): State {
  // Its last four characters, which are all that a hint shows, are those of no other value.
  const value = "value-handmade0";
  const key: VendorKey = {
    id: HAND_MADE,
    description: "Checkout, by Ada",
    mode: "live",
    status: "active",
    createdAt: 0,
    hint: hintOf(value),
    value,
  };
  const declaring = wantsTheKey({ ...state, keys: [...state.keys, key] }, 0);
  if (!withValue) return declaring;
  const secret = { name: "secret-0", uid: "uid-99", resourceVersion: "", owner: undefined };
  return putSecret(declaring, 0, { ...secret, value, record: undefined, touchedFor: undefined });
}

function wantsTheKey(state: State, index: number): State {
  const object = objectAt(state.cluster, index);
  if (object === undefined || !("mode" in object.desired)) throw new TypeError("nothing is declared");
  return putObject(state, index, { ...object, desired: { ...object.desired, adopt: HAND_MADE } });
}

function delivered(state: State): State {
  const settled = converge({ ...state, workers: [idle(0, 0, state.now)] }, SHIPPED);
  if (settled.violation !== undefined) throw new Error(settled.violation);
  return settled.state;
}

function changed(state: State, name: "heal" | "rotate" | "roll" | "delete"): State {
  if (name === "heal") return putSecret(state, 0, undefined);
  const object = objectAt(state.cluster, 0);
  if (object === undefined || !("mode" in object.desired)) throw new TypeError("nothing is declared");
  const generation = object.generation + 1;
  if (name === "delete") return putObject(state, 0, { ...object, generation, deleting: true });
  return putObject(state, 0, {
    ...object,
    generation,
    desired: { ...object.desired, trigger: "2", keepsPrevious: true },
  });
}
