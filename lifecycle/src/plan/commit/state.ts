import type { Attempt } from "../../attempt.ts";
import type { Problem } from "../view/problem.ts";

/** What was declared that a key obeys. */
export interface Obeyed {
  /** Empty where none was declared. */
  readonly trigger: string;
  readonly rotate?: string;
  readonly emergency?: string;
}

/** A key that an attempt has given, as far as it may be shown: its value stays with the caller of the plan. */
export interface MintedKey {
  readonly attempt: Attempt;
  readonly keyId: string;
  readonly fingerprint: string;
  /** The last four characters of the value. */
  readonly hint: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /**
   * What was declared when it was asked for. What is declared since then asks for another key: this one may be known to
   * whoever the next one is to be kept from.
   */
  readonly obeys?: Obeyed;
}

/**
 * Whether the live ApiKey was seen, after the Secret, to name the attempt. `presumed`: it was seen before the Secret was
 * created. The status is written over that very version, so that the write fails where the lock was lost since.
 */
type Lock = "unchecked" | "presumed" | "held";

/** The Secret does not hold the value, as far as it was seen. */
export interface Unwritten {
  readonly phase: "unwritten";
  readonly lock: Exclude<Lock, "presumed">;
  /** Why the value cannot be written: the key is given up. */
  readonly problem?: Problem;
}

/** A write of the Secret has no certain outcome. */
export interface Uncertain {
  readonly phase: "uncertain";
  /** Whether that write was a create, so that this pass may take the Secret back. */
  readonly created: boolean;
  /** Set where the time for the commit is over: the key is given up unless the write took effect. */
  readonly problem?: Problem;
}

/** The Secret holds the value. */
export interface Written {
  readonly phase: "written";
  readonly lock: Lock;
  readonly created: boolean;
}

/** The lock is lost, and the Secret may hold what this pass wrote: it is deleted. */
interface TakingBack {
  readonly phase: "taking-back";
  readonly before: Unwritten | Written;
}

/** No recovery can accept the commit any more: the key is revoked. */
interface Revoking {
  readonly phase: "revoking";
  readonly before: Unwritten | Written;
}

/** The attempt is recorded as abandoned: from then on the recovery looks for the key and revokes it. */
interface Abandoning {
  readonly phase: "abandoning";
  readonly before: Unwritten | Written;
  readonly problem: Problem;
  /** Whether the writer is certain that the Secret never held the value. */
  readonly undelivered: boolean;
}

/** How far a commit has come. The transitions between the phases are in transitions.ts. */
export type CommitState = Unwritten | Uncertain | Written | TakingBack | Revoking | Abandoning;

/** A minted value that only this process holds, on its way into the Secret. */
export interface PendingCommit extends MintedKey {
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** Failed steps since the value was received; the pause before the next one grows with it. */
  readonly failures: number;
  readonly state: CommitState;
}

/** The commit of a key that was minted just now. */
export function beginCommit(minted: MintedKey, receivedAt: number): PendingCommit {
  return { ...minted, receivedAt, failures: 0, state: { phase: "unwritten", lock: "unchecked" } };
}

/** The phase to which a failed step, or a new look, returns: what was known of the lock does not count any more. */
export function unchecked(state: Exclude<CommitState, Uncertain>): Unwritten | Written {
  return { ...("before" in state ? state.before : state), lock: "unchecked" };
}
