import type { Findings, Pause, RemoteKey, Step, View } from "../index.ts";
import type { StoredObject, StoredSecret, VendorKey, Workload } from "./stored.ts";

/** The installation that every controller of the model runs for. */
export const INSTALLATION = "0123456789";
/** One that it takes over from. */
export const OLD_INSTALLATION = "9876543210";
/** The account that every ApiKey of the model refers to. */
export const ACCOUNT = "acc_1";
/** The one key that may be adopted there; only some worlds have it. */
export const HAND_MADE = "ak_900";

/** Something stored by the API server, and the two versions before it, which a cache that lags still shows. */
export interface Slot<T> {
  readonly now: T | undefined;
  readonly before: T | undefined;
  readonly older: T | undefined;
}

/** What etcd holds. */
export interface Cluster {
  readonly apiKeys: readonly Slot<StoredObject>[];
  readonly secrets: readonly Slot<StoredSecret>[];
  /** For each ApiKey, the index of the one Secret that it writes; two may name the same. */
  readonly secretOf: readonly number[];
}

/** A pass under way: what it knows, and the step that follows from it. */
export interface Pass {
  readonly uid: string;
  /** How many times records had been taken away when it last read its ApiKey. */
  readonly epoch: number;
  /** The fingerprints of the values that it was given: a crash loses them. */
  readonly received: readonly string[];
  readonly view: View;
  readonly step: Step;
}

/** One controller's work on one ApiKey. */
export interface Worker {
  readonly controller: number;
  readonly apiKey: number;
  readonly readOnly: boolean;
  readonly installation: string;
  /** Whether it has lost its lease, and only brings a pending commit to its end. */
  readonly fenced: boolean;
  /** `undefined` between passes. */
  readonly pass: Pass | undefined;
  /** When the next step or pass may begin, in milliseconds since the epoch. */
  readonly wakeAt: number | undefined;
  readonly tagsVerified: boolean;
  /** Until when it does not ask for a key again that was refused. */
  readonly refused: Refused | undefined;
  /** The reason that the last pass rested with. */
  readonly rested: string | undefined;
}

/** An effect as its request carries it: all that it does, decided when it was sent. */
export interface Request {
  readonly epoch: number;
  readonly apiKey: number;
  readonly uid: string;
  readonly step: Step;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly mode: string;
  /** Whose tag a new key gets. */
  readonly installation: string;
  readonly description: string;
  readonly keepsPrevious: boolean;
  /** Of the value that the sender's status records. */
  readonly fingerprint: string | undefined;
  /** Of the values of the keys that it records as retiring. */
  readonly retiring: readonly string[];
  /** Whether its pass has seen the recorded key as active. */
  readonly sawActive: boolean;
  /** Of the keys that it is about, those that its pass has seen with the tag of this very ApiKey. */
  readonly sawOwn: readonly string[];
  /** Whether its pass has seen that the time of the key that it revokes was over. */
  readonly sawOver: boolean;
  /** Whether the sender knew of a Secret: a preflight asks for a create or for an update. */
  readonly knewSecret: boolean;
  /** Whether the value that is committed, or taken back, was given to the pass that sends it. */
  readonly hasValue: boolean;
}

/** A request whose sender was not answered, and which takes effect later. */
export interface Late {
  readonly request: Request;
  /** It has arrived by then: the end of its deadline, or later. */
  readonly due: number;
  /** Whether that is later than anything waits for. */
  readonly isBeyond: boolean;
}

/** A change of a key in the vendor's books. */
interface Change {
  readonly id: string;
  readonly before: VendorKey | undefined;
  readonly at: number;
}

/** A pause after a refusal, and for which version of what is declared. */
export interface Refused extends Pause {
  readonly generation: number;
}

/** The keys of an account, as an inventory has listed them. */
export interface Listing {
  readonly startedAt: number;
  readonly keys: readonly RemoteKey[];
}

/** What may still go wrong on the way to this state's successors. */
export interface Budget {
  readonly crashes: number;
  readonly faults: number;
  readonly interferences: number;
  /** Sweeps of the inventory, of those that find something else than the last. */
  readonly sweeps: number;
  /** How many times a worker is interrupted in its pass for another one's sake. */
  readonly switches: number;
  /** Jumps of the clock. */
  readonly ticks: number;
  /** Crashes, faults and interferences together. */
  readonly disturbances: number;
}

/** What no process in the world knows, and the invariant is judged by. */
export interface Ghost {
  /** Attempts that a live status has named at some time. */
  readonly recorded: readonly string[];
  /** Attempts under which a key was asked for. */
  readonly posted: readonly string[];
  /** Values that were in a Secret next to their record at some time. */
  readonly written: readonly string[];
  /** Attempts that were on record until an interference took the record away. */
  readonly excused: readonly string[];
  /** Attempts whose commit has created a Secret, and Secrets that the same create, arriving twice, made again. */
  readonly created: readonly string[];
  readonly strays: readonly string[];
  /** Secrets whose write took effect after its writer had looked for it, by their UIDs. */
  readonly late: readonly string[];
  /** Keys whose values were in Secrets when etcd was rolled back, and which nothing there knows any more. */
  readonly inUse: readonly string[];
  /** Keys that a request brought to life that had made one already. */
  readonly repeated: readonly string[];
  /** Keys that were revoked from outside. */
  readonly revokedOutside: readonly string[];
  /** Keys made by hand that a status has named: from then on they are ours. */
  readonly adopted: readonly string[];
  /** Attempts whose key came later than anything waits for. */
  readonly veryLate: readonly string[];
}

/** The whole world at one moment. Never changed, only replaced; successors share what did not change. */
export interface State {
  readonly now: number;
  readonly cluster: Cluster;
  /** For each ApiKey, the workload that uses its Secret, where the world has workloads. */
  readonly workloads: readonly (Workload | undefined)[];
  readonly keys: readonly VendorKey[];
  /** The key that was made or changed last, as it was before: what a read that lags behind still shows. */
  readonly lastChange: Change | undefined;
  readonly workers: readonly Worker[];
  readonly late: readonly Late[];
  /** What etcd can be rolled back to: the beginning, and the moment after the last write-ahead. */
  readonly snapshots: readonly Cluster[];
  /** The worker that moved last: to go on with another one interrupts it. */
  readonly turn: number;
  /** What the last inventory reports for each ApiKey, and when it began. */
  readonly findings: readonly (Findings | undefined)[];
  readonly sweptAt: number | undefined;
  /** A listing of the account that an inventory has not judged yet. */
  readonly listing: Listing | undefined;
  /** The keys that the last inventory could not account for, by their IDs. */
  readonly unaccounted: readonly string[];
  /** What the account says of keys that nothing accounts for. */
  readonly orphans: "Report" | "Revoke";
  /** When the description of the key made by hand was edited by hand last. */
  readonly describedAt: number | undefined;
  /** How many times an interference has taken records away. */
  readonly epoch: number;
  /** Counts what was ever named, so that names are new; and the values that were ever made. */
  readonly names: number;
  readonly values: number;
  readonly ghost: Ghost;
  readonly budget: Budget;
}

/** What a process that has just begun remembers besides its passes. */
export const NOTHING_REMEMBERED = {
  findings: [],
  sweptAt: undefined,
  listing: undefined,
  unaccounted: [],
} as const satisfies Partial<State>;

/** Replaces one element. */
export function withElement<T>(list: readonly T[], index: number, element: T): readonly T[] {
  return list.map((old, at) => (at === index ? element : old));
}

/** Replaces one worker. */
export function withWorker(state: State, index: number, changes: Partial<Worker>): State {
  const worker = state.workers[index];
  if (worker === undefined) throw new RangeError(`there is no worker ${index}`);
  return { ...state, workers: withElement(state.workers, index, { ...worker, ...changes }) };
}

/** Adds to one of the sets that the invariant is judged by. */
export function remember(state: State, what: keyof Ghost, names: readonly string[]): State {
  const known = state.ghost[what];
  const added = names.filter((name) => !known.includes(name));
  return added.length === 0 ? state : { ...state, ghost: { ...state.ghost, [what]: [...known, ...added] } };
}

/** The next name for an attempt: what a tag can carry, and recognisable where names are made canonical. */
export function attemptName(count: number): string {
  let name = "";
  for (let rest = count; name.length < 6; rest = Math.floor(rest / 16)) {
    name = "abcdefghijklmnop".charAt(rest % 16) + name;
  }
  return `at${name}`;
}
