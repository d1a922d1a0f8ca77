import type { RemoteKey } from "../../evidence.ts";
import type { PendingCommit } from "../commit/state.ts";
import type { Pause, Problem } from "./problem.ts";

/** Who else has a claim on a key, as a list of ApiKeys has shown it. */
export interface Claims {
  readonly keyId: string;
  /** The owners that were looked for, as tags name them. */
  readonly asked: readonly string[];
  /** Those of them whose ApiKeys exist. */
  readonly living: readonly string[];
  /** Whether every ApiKey there is was seen: only then is an owner that was not found gone. */
  readonly complete: boolean;
  /** Whether the status of another ApiKey records the key. */
  readonly recorded: boolean;
}

/** What this pass knows beyond the records: a crash loses it, and nothing depends on it being kept. */
export interface PassView {
  /** The ID for the next attempt, drawn by the caller. */
  readonly freshAttemptId: string;
  /** Whether a key was reserved for this pass, or until when none is to be had. */
  readonly allowance?: "granted" | Pause | undefined;
  readonly preflight: "due" | "passed" | Problem;
  /** The attempt that this pass has recorded and may act on. */
  readonly ownAttempt?: string;
  /** The attempt under which this pass has asked for a key: it never asks twice. */
  readonly asked?: string;
  readonly mint?: {
    readonly attempt: string;
    readonly outcome: "rejected" | "unknown";
    /** Whether nothing was sent. */
    readonly unsent?: boolean;
    readonly problem: Problem;
  };
  readonly pendingCommit?: PendingCommit;
  /** Keys as a GET of this pass has shown them. */
  readonly remote: Readonly<Record<string, RemoteKey | "absent">>;
  /** Keys that a GET of this pass has not found, too early to believe it: until when, in milliseconds since the epoch. */
  readonly unseen?: Readonly<Record<string, number>>;
  /** A complete listing of this pass: the keys that carry this owner's tag. */
  readonly listing?: { readonly startedAt: number; readonly keys: readonly RemoteKey[] };
  readonly claims?: Claims;
  /** The adoption whose tag was put on in this pass. */
  readonly tagged?: string;
  /** Abandoned attempts for whose sake this pass has touched the Secret. */
  readonly touched: readonly string[];
  /** Whether this pass has put the Secret's shape right; a webhook that undoes it is not fought. */
  readonly rewritten: boolean;
  /** Why it could not be put right: said at the end, since nothing else waits for it. */
  readonly shapeProblem?: Problem;
  /** Which workloads this pass has restarted for which value, or could not: none is tried twice. See {@link restartOf}. */
  readonly restarted: readonly string[];
  /** How often a workload had changed when it was to be restarted. */
  readonly restartConflicts?: number;
  /** Why a workload could not be restarted. */
  readonly restartProblem?: Problem;
  /** What ended the pass. */
  readonly failure?: Problem;
  /** Set where an object is given up, and the tag of its key could not be taken off: it goes without. */
  readonly untagFailed?: boolean;
  /** How often this pass has written the status only to report. */
  readonly reports?: number;
  /** Set where a status could not be written: the pass ends without another try. */
  readonly statusUnwritable: boolean;
}

/** A pass that has done nothing yet. */
export function newPass(freshAttemptId: string): PassView {
  return {
    freshAttemptId,
    preflight: "due",
    remote: {},
    touched: [],
    rewritten: false,
    restarted: [],
    statusUnwritable: false,
  };
}

/** Names the restart of a workload for a value: a pass may see more than one value. */
export function restartOf(uid: string, fingerprint: string): string {
  return `${uid} ${fingerprint}`;
}
