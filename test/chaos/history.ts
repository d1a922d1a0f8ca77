import type { ActKind } from "./schedule.ts";

/*
 * What was seen of a run. Times are milliseconds since the epoch, on the one clock of this machine. A version of an
 * object is noted when the watch reports it, so it is never older than it seems: it existed at that time at the
 * latest. No value of a key is in here, only fingerprints.
 */

/** An attempt as a status lists it. */
interface SeenAttempt {
  readonly id: string;
  readonly op: string;
  /** The key that it rolls or adopts. */
  readonly keyId?: string | undefined;
  readonly startedAt: number;
}

/** An attempt that was given up. */
interface SeenAbandoned extends SeenAttempt {
  readonly abandonedAt: number;
  readonly listings: number;
  /** Set where the API refused it: nothing waits for it. */
  readonly refused?: true;
}

/** What a status says. */
export interface SeenStatus {
  readonly keyId: string | undefined;
  readonly fingerprint: string | undefined;
  readonly hint: string | undefined;
  readonly revision: number;
  readonly attempt: SeenAttempt | undefined;
  readonly abandoned: readonly SeenAbandoned[];
  readonly previous: readonly { readonly keyId: string; readonly revokeAt: number }[];
}

/** An object as it was at some moment; `gone` once it is deleted for good. */
export interface ObjectVersion {
  readonly at: number;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly gone: boolean;
}

/** An ApiKey as it was at some moment. */
export interface ApiKeyVersion extends ObjectVersion {
  readonly deleting: boolean;
  readonly mode: string;
  readonly ready: boolean;
  /** Whether the conditions speak of the spec as it is. */
  readonly upToDate: boolean;
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly status: SeenStatus;
}

/** A Secret as it was at some moment: what its annotations say, and the fingerprint of what it holds. */
export interface SecretVersion extends ObjectVersion {
  readonly owner: string | undefined;
  readonly keyId: string | undefined;
  readonly attempt: string | undefined;
  readonly fingerprint: string | undefined;
  readonly committedAt: number | undefined;
  readonly previous: readonly string[];
  /** Of the value in the entry; undefined where there is none. */
  readonly valueFingerprint: string | undefined;
  /** Whether there is an entry for the previous value. */
  readonly keepsPrevious?: boolean;
}

/** An act of the test's own. */
export interface ActRecord {
  /** Before anything of it was sent. */
  readonly at: number;
  /** When it was answered. */
  readonly doneAt: number;
  readonly kind: ActKind;
  readonly namespace: string;
  readonly name: string;
  /** The key that it was about, where it was about one. */
  readonly keyId: string | undefined;
  /** The ApiKey's UID, where it was created. */
  readonly uid: string | undefined;
  /** `skipped`: there was nothing there to be changed. */
  readonly outcome: "done" | "skipped" | "failed";
}

/** Something that happened to a replica. */
export interface ReplicaRecord {
  readonly at: number;
  readonly replica: number;
  readonly what: "started" | "killed" | "frozen" | "woken" | "ended";
}

/** A request at the vendor's. */
export interface VendorRequest {
  readonly at: number;
  readonly operation: string;
  readonly account: string | undefined;
  readonly keyId: string | undefined;
  /** Undefined where it was not answered. */
  readonly status: number | undefined;
  readonly fault: string | undefined;
}

/** A key as the vendor shows it at the end. */
export interface VendorKey {
  readonly id: string;
  readonly account: string;
  readonly mode: string;
  readonly description: string;
  readonly active: boolean;
  readonly createdAt: number;
  readonly revokedAt: number | undefined;
  readonly hint: string;
}

/** A key that is not ours: made by hand, or of another installation. */
export interface OtherKey {
  readonly id: string;
  readonly account: string;
  readonly description: string;
  readonly kind: "foreign" | "hand-made";
}

/** A key that was made by hand so that an ApiKey may adopt it. */
export interface AdoptableKey {
  readonly id: string;
  readonly account: string;
  readonly description: string;
}

/** A key as the vendor showed it when it was seen for the first time. */
export interface BornKey {
  readonly id: string;
  readonly seenAt: number;
  /** The attempt in its tag, which may be edited later. */
  readonly attempt: string | undefined;
}

/** A workload that asks for restarts, as it is at the end. */
export interface SeenWorkload {
  readonly namespace: string;
  readonly name: string;
  /** The value for which it was restarted last. */
  readonly restartedFor: string | undefined;
}

/** etcd was rolled back: what came after the snapshot never happened. Times are those before each was begun, and after. */
export interface Rollback {
  readonly snapshotAt: number;
  readonly restoredAt: number;
}

/** What the data plane answers to the value of a Secret at the end. */
export interface Answer {
  readonly namespace: string;
  readonly name: string;
  readonly status: number;
  readonly mode: string | undefined;
  /** The last four characters of the value. */
  readonly hint: string;
}

/** What an account's status says of its last inventory. */
export interface SeenInventory {
  readonly account: string;
  readonly lastInventoryAt: number | undefined;
  readonly managed: number;
  readonly abandoned: number;
  readonly unaccounted: number;
  readonly foreign: number;
}

/** Everything that was seen of a run. */
export interface History {
  readonly seed: number;
  readonly installation: string;
  readonly startedAt: number;
  /** When the faults ended. */
  readonly quietAt: number;
  /** When everything was read for the last time. */
  readonly endedAt: number;
  /** In the order in which they were seen. */
  readonly apiKeys: readonly ApiKeyVersion[];
  readonly secrets: readonly SecretVersion[];
  readonly acts: readonly ActRecord[];
  readonly replicas: readonly ReplicaRecord[];
  readonly requests: readonly VendorRequest[];
  readonly others: readonly OtherKey[];
  readonly adoptables: readonly AdoptableKey[];
  /** Every key that was seen in the vendor account, whose looks are a second apart. */
  readonly born: readonly BornKey[];
  readonly rollbacks: readonly Rollback[];
  /** The accounts in which keys are revoked that no record knows. */
  readonly revokesOrphans: readonly string[];
  /** A description that the vendor put in place of ours, by a fault: its keys cannot be traced. */
  readonly rewritten: string;
  readonly final: {
    readonly keys: readonly VendorKey[];
    readonly apiKeys: readonly ApiKeyVersion[];
    readonly secrets: readonly SecretVersion[];
    readonly answers: readonly Answer[];
    readonly inventories: readonly SeenInventory[];
    readonly workloads: readonly SeenWorkload[];
  };
}
