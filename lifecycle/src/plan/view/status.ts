import type { AbandonedAttempt, Attempt } from "../../attempt.ts";
import type { Reason } from "../../reasons.ts";
import type { RestartRecord } from "./dependents.ts";

/**
 * The time of a retiring key that is not known yet: it lives until a replacement is committed, and with that commit
 * gets its real time. The last day that a timestamp of four digits can name.
 */
export const UNTIL_REPLACED = Date.UTC(9999, 11, 31);

/** A key that lives on until its time is over. */
export interface Retiring {
  readonly keyId: string;
  /** Milliseconds since the epoch, or {@link UNTIL_REPLACED}. */
  readonly revokeAt: number;
  /** When its replacement was committed. An overlap that is edited counts from here; without it, the time stands. */
  readonly replacedAt?: number;
  /** Of its value, where that was in use when it was replaced. */
  readonly fingerprint?: string;
  /** As {@link StatusRecord.keyAttempt}. Only a status tells it: annotations of a Secret can be edited. */
  readonly attempt?: string;
  readonly reason: string;
}

/** What `status` records, times in milliseconds since the epoch. */
export interface StatusRecord {
  readonly installation?: string;
  readonly accountId?: string;
  readonly keyId?: string;
  /** The attempt that has made this key. Its tag says so too, until somebody edits the description. */
  readonly keyAttempt?: string;
  readonly mode?: "test" | "live";
  readonly fingerprint?: string;
  readonly hint?: string;
  readonly revision: number;
  readonly createdAt?: number;
  readonly lastRotatedAt?: number;
  /** When the current key was recorded here. An inventory that began before did not know it as recorded. */
  readonly recordedAt?: number;
  readonly nextRotationAt?: number;
  readonly secretName?: string;
  readonly attempt?: Attempt;
  readonly abandoned: readonly AbandonedAttempt[];
  readonly previous: readonly Retiring[];
  /** The emergency that was obeyed last; empty where there was none. */
  readonly emergency?: string;
  /** The text of the last request for a look that was answered. */
  readonly lastHandledReconcileAt?: string;
  /** The restart of dependents that the value in the Secret has called for; a first value calls for none. */
  readonly restart?: RestartRecord;
}

/** How the object's conditions read: one verdict gives them all. */
export interface Verdict {
  readonly ready: boolean;
  readonly reason: Reason;
  readonly message: string;
  /** `stalled`: somebody must act; `reconciling`: work is under way or will be tried again; else neither. */
  readonly progress: "settled" | "reconciling" | "stalled";
}
