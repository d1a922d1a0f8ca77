import type { CommitRecord, DesiredKey, Problem, RemoteKey, StatusRecord, Verdict } from "../index.ts";

/** An ApiKey as the model's API server stores it. Stored values are never changed, only replaced. */
export interface StoredObject {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly finalizer: boolean;
  readonly deleting: boolean;
  readonly abandon: boolean;
  readonly desired: DesiredKey | Problem;
  readonly holdWhileInUse?: boolean;
  readonly status: StatusRecord;
  readonly verdict: Verdict | undefined;
}

/** A Secret as the model's API server stores it. */
export interface StoredSecret {
  readonly uid: string;
  readonly resourceVersion: string;
  /** The UID that its owner annotation names. */
  readonly owner: string | undefined;
  readonly value: string | undefined;
  /** The content of the entry for the previous value. */
  readonly previous?: string | undefined;
  readonly record: CommitRecord | undefined;
  readonly touchedFor: string | undefined;
  /** Whether it has an entry of another user. */
  readonly foreign?: boolean | undefined;
  /** What we wrote last, as another annotation says. */
  readonly written?: WrittenEntries | undefined;
}

/** The entries of a Secret as they were written. */
export interface WrittenEntries {
  readonly value: string;
  readonly previous: string | undefined;
  /** Whether an entry for the previous value was declared. */
  readonly keepsPrevious: boolean;
}

/** A key in the vendor's books, with its value. */
export interface VendorKey extends RemoteKey {
  readonly value: string;
}

/** The workload that uses the Secret of an ApiKey, and its Pods. */
export interface Workload {
  readonly resourceVersion: string;
  /** Whether its label asks for a restart when the value changes. */
  readonly labelled: boolean;
  /** The fingerprint that its Pod template names. */
  readonly restartedFor: string | undefined;
  /** When it was restarted by hand last, in milliseconds since the epoch. */
  readonly restartedAt: number | undefined;
  /** Whether a restart for a value was undone by hand, as `kubectl rollout undo` does, and none came after it. */
  readonly undone: boolean;
  /** Whether its Pods are such as its template describes. */
  readonly rolledOut: boolean;
  /** What its Pods have in their memory, and since when; `undefined` before the first ones start. */
  readonly pods: { readonly value: string; readonly startedAt: number } | undefined;
}
