import type { AbandonedAttempt, Attempt } from "../attempt.ts";
import type { RemoteKey } from "../evidence.ts";
import type { Reason } from "../reasons.ts";
import type { RotationWindow } from "../rotation/window.ts";
import type { Timing } from "../timing.ts";
import type { PendingCommit } from "./commit/state.ts";
import type { DependentsView, RestartRecord, SecretUsersView } from "./dependents.ts";

/** Something that keeps us from going on, in the words that its condition will carry. */
export interface Problem {
  readonly reason: Reason;
  readonly message: string;
  /** True where waiting may help; false where somebody must act. */
  readonly transient: boolean;
}

/** Until when nothing is minted, and why. */
export interface Pause {
  /** Milliseconds since the epoch. */
  readonly until: number;
  readonly problem: Problem;
}

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

/** What `spec` asks for, defaults applied and validated. */
export interface DesiredKey {
  readonly mode: "test" | "live";
  /** The user's text, without a tag. */
  readonly description: string;
  readonly secretName: string;
  /** How long a replaced key lives after the commit of the new one, in milliseconds. */
  readonly overlap: number;
  /** The time between scheduled rotations, in milliseconds. */
  readonly every?: number;
  /** Scheduled rotations start only here. */
  readonly window?: RotationWindow;
  readonly trigger?: string;
  /** The annotation that asks for a rotation at once, without an overlap: a new value is a new emergency. */
  readonly emergency?: string;
  /** Whether an entry of the Secret keeps the previous value during an overlap. */
  readonly keepsPrevious?: boolean;
  readonly suspend: boolean;
  /** The ID of a key that is taken over instead of minting one. */
  readonly adopt?: string;
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

/** The ApiKey. `cached` views are good for deciding that nothing is to be done, and for nothing else. */
export interface ObjectView {
  readonly state: "present";
  readonly read: "cached" | "live";
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly finalizer: boolean;
  readonly deleting: boolean;
  readonly namespaceTerminating: boolean;
  /** The annotation that gives the object up. */
  readonly abandon: boolean;
  readonly desired: DesiredKey | Problem;
  /** What `spec` says of the end, read also where the rest of it cannot be followed. */
  readonly deletion: { readonly policy: "Revoke" | "Retain"; readonly protection: boolean };
  /** Whether a replaced key lives as long as Pods that may use it; read also where the rest cannot be followed. */
  readonly holdWhileInUse?: boolean;
  readonly status: StatusRecord;
  readonly verdict: Verdict | undefined;
}

/** What an atomic write of the Secret records beside the value, as its annotations. */
export interface CommitRecord {
  readonly keyId: string;
  readonly accountId: string;
  readonly revision: number;
  readonly attempt: string;
  readonly fingerprint: string;
  readonly hint: string;
  readonly createdAt: number;
  readonly committedAt: number;
  readonly previous: readonly Retiring[];
  /** The value of `rotation.trigger` that was obeyed; a lost status must not replay it. */
  readonly obeyedTrigger?: string;
  /** The emergency that was obeyed last, for the same reason. */
  readonly obeyedEmergency?: string;
  /** What `spec.adopt` named when this was committed, for the same reason. */
  readonly obeyedAdopt?: string;
}

/** The Secret that the ApiKey names. */
export type SecretView =
  | { readonly state: "unread" }
  | { readonly state: "absent"; readonly read: "cached" | "live" }
  | {
      readonly state: "present";
      readonly read: "cached" | "live";
      readonly uid: string;
      readonly resourceVersion: string;
      /** Whom its annotation names: this ApiKey's UID, another's, or nobody. */
      readonly owner: "this" | "other" | "none";
      /** That UID as tags name it, where it is another's. */
      readonly ownedBy?: string | undefined;
      readonly record: CommitRecord | undefined;
      /** Of the value that stands in the declared entry, or in the one that was written last. */
      readonly fingerprint: string | undefined;
      readonly hint: string | undefined;
      /** What the value's prefix says, where it looks like a key of the vendor's. */
      readonly mode?: string | undefined;
      /** The fingerprint of what stands in the entry that is declared for the previous value. */
      readonly previous: string | undefined;
      /** The fingerprints of everything that stands in it. */
      readonly entries: readonly string[];
      readonly immutable: boolean;
      /** Whether names, labels, annotations and template entries stand as declared. */
      readonly shape: "declared" | "different";
      /** The attempt whose recovery has touched it last. */
      readonly touchedFor: string | undefined;
    };

/** The account that the ApiKey refers to. */
export interface AccountView {
  /** The verified account, or why it cannot be used. */
  readonly usable: { readonly accountId: string } | Problem;
  /** Since when this process knows of it and has not been able to look at it, in milliseconds since the epoch; then it is not `usable` either. */
  readonly uncheckedSince?: number | undefined;
  /** Why nothing may be minted for this ApiKey, if so. */
  readonly mintProblem: Problem | undefined;
  /** The keys that this ApiKey may adopt, by their IDs. */
  readonly adoptKeyIds?: readonly string[];
  /** Whether a GET has shown once that the API keeps tags. */
  readonly tagsVerified: boolean;
  /**
   * When the complete inventory sweeps of this process began, oldest first, in milliseconds since the epoch. The
   * listing of a sweep that is counted begins after this time. Without any, nothing abandoned is forgotten.
   */
  readonly sweeps?: readonly number[];
}

/**
 * Keys that the inventory of the account would have this ApiKey look into, by their IDs. It compares a listing
 * with records that may have moved on meanwhile, so these are hints to look, and never evidence.
 */
export interface Findings {
  /** Recorded keys that the listing did not show, or showed with another `hint`. */
  readonly doubts: readonly string[];
  /** Keys that an abandoned attempt seems to have left, and second keys of one attempt. */
  readonly leftovers: readonly string[];
  /**
   * Keys tagged for this ApiKey that nothing accounts for, seen in two sweeps; only where the account says
   * `orphans: Revoke`.
   */
  readonly orphans: readonly string[];
}

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
  readonly mint?: {
    readonly attempt: string;
    readonly outcome: "rejected" | "unknown";
    readonly problem: Problem;
  };
  readonly pendingCommit?: PendingCommit;
  /** Keys as a GET of this pass has shown them. */
  readonly remote: Readonly<Record<string, RemoteKey | "absent">>;
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
  /** Set where a status could not be written: the pass ends without another try. */
  readonly statusUnwritable: boolean;
}

/** Everything that a decision rests on. */
export interface View {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly timing: Timing;
  readonly installation: string;
  /** Installations that this one takes over from: what they manage and have made is its own. */
  readonly previousInstallations?: readonly string[] | undefined;
  /** The owner part of the tags of this ApiKey's keys. */
  readonly owner: string;
  readonly readOnly: boolean;
  readonly object: ObjectView | { readonly state: "gone" };
  /** Another ApiKey of the namespace that names the same Secret and was first. */
  readonly secretClaimedBy: string | undefined;
  readonly secret: SecretView;
  readonly account: AccountView;
  /** Undefined where dependents are not restarted, and not waited for. */
  readonly dependents?: DependentsView | undefined;
  /** Undefined where Pods may not be seen. */
  readonly users?: SecretUsersView | undefined;
  /** A mint was refused before, and why: it is not tried again before this time. Kept in memory only. */
  readonly mintPause?: Pause | undefined;
  /**
   * When keys were made for this ApiKey that nobody had asked for, oldest first, within the last hour. Kept in
   * memory only.
   */
  readonly heals?: readonly number[];
  /** When keys were made in emergencies, likewise: an annotation in a loop must not use up an account. */
  readonly emergencies?: readonly number[];
  /** What the last inventory sweep found about this ApiKey. Kept in memory only. */
  readonly findings?: Findings | undefined;
  readonly pass: PassView;
}

/** Whether a value is a {@link Problem}. */
export function isProblem(value: object): value is Problem {
  return "reason" in value && "transient" in value;
}

/** Names the restart of a workload for a value: a pass may see more than one value. */
export function restartOf(uid: string, fingerprint: string): string {
  return `${uid} ${fingerprint}`;
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
