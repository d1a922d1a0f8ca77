import type { Attempt, MintReason } from "../attempt.ts";
import type { WorkloadRef } from "./view/dependents.ts";
import type { Guard } from "./view/guard.ts";
import type { CommitRecord } from "./view/secret.ts";
import type { StatusRecord, Verdict } from "./view/status.ts";

/** Why a key is revoked; it stands in the event, the audit log and the metric. */
export type RevokeReason =
  | "Deleted"
  | "Retired"
  | "AttemptAbandoned"
  | "CommitLost"
  /** A second key of an attempt whose first one is recorded: something on the way has repeated the request. */
  | "AttemptRepeated"
  /** Nothing records it, and a later key has been delivered for longer than the overlap. */
  | "Orphaned";

/** Why a key's description is replaced: its tag is taken off, names this installation from now on, or was an adoption's. */
export type DescribeReason = "Retained" | "Moved" | "Undone";

/** Why a Secret is written around the value that it holds already. */
type RewriteReason = "Restored" | "Adopted";

/** Why a status is written; only for logs and tests. */
export type StatusReason =
  | "WriteAhead"
  | "Abandon"
  | "ClearAttempt"
  | "Committed"
  | "Rebuilt"
  | "Listed"
  | "Revived"
  | "Rescheduled"
  | "Retired"
  | "Restarted"
  | "RolledOut"
  | "Moved"
  | "Tagged"
  | "Undone"
  | "Report";

/** One read or one effect. Steps are data: whoever applies them decides nothing. */
export type Step =
  | { readonly kind: "read-object" }
  | { readonly kind: "read-secret" }
  | { readonly kind: "get-key"; readonly keyId: string }
  | { readonly kind: "list-keys" }
  /** Looks which of these owners exist, and whether another ApiKey records the key. */
  | { readonly kind: "find-claims"; readonly keyId: string; readonly owners: readonly string[] }
  /** The workloads that have asked for restarts, live. */
  | { readonly kind: "read-workloads" }
  /** The Pods that use the Secret, live. */
  | { readonly kind: "read-pods" }
  /** Asks within the process whether the key may be made, and keeps its place: it leaves no trace elsewhere. */
  | { readonly kind: "reserve-key"; readonly reason: MintReason; readonly op: "create" | "roll" }
  | { readonly kind: "add-finalizer" }
  /** `record` is the one of the commit to come, without what only the management API's answer tells. */
  | { readonly kind: "preflight-secret"; readonly record: CommitRecord }
  | {
      readonly kind: "write-status";
      readonly why: StatusReason;
      readonly status: StatusRecord;
      readonly verdict: Verdict;
    }
  /** Answered `rejected`, with nothing sent, later than `timing.postWindow` after the attempt's start; as is a roll. */
  | { readonly kind: "mint"; readonly attempt: Attempt }
  | { readonly kind: "roll"; readonly attempt: Attempt; readonly keyId: string }
  /** Puts an adoption's tag on a key: sent once, and by the same time as a mint, or not at all. */
  | {
      readonly kind: "tag-key";
      readonly attempt: Attempt;
      readonly keyId: string;
      readonly description: string;
    }
  | { readonly kind: "commit-secret"; readonly record: CommitRecord; readonly replaces: Guard | undefined }
  | { readonly kind: "take-back-secret"; readonly guard: Guard; readonly keep?: readonly string[] }
  | { readonly kind: "touch-secret"; readonly guard: Guard; readonly attempt: string }
  | {
      readonly kind: "rewrite-secret";
      readonly why: RewriteReason;
      readonly guard: Guard;
      readonly record: CommitRecord;
    }
  | { readonly kind: "revoke-key"; readonly keyId: string; readonly reason: RevokeReason }
  | {
      readonly kind: "describe-key";
      readonly why: DescribeReason;
      readonly keyId: string;
      readonly description: string;
    }
  /** Guarded by what was seen of the workload: it is restarted for a value once, and never for an older one. */
  | { readonly kind: "restart-workload"; readonly workload: WorkloadRef; readonly fingerprint: string }
  /** Takes all that we wrote out of the Secret. It stays with the entries that are kept; without any, it is deleted. */
  | { readonly kind: "delete-secret"; readonly guard: Guard; readonly keep?: readonly string[] }
  /** Takes our labels and annotations off a Secret that stays with its value. */
  | { readonly kind: "release-secret"; readonly guard: Guard }
  | { readonly kind: "remove-finalizer" }
  | { readonly kind: "rest"; readonly verdict: Verdict | undefined; readonly requeueAt: number | undefined };

/** The kinds of step, in the order in which a key's life meets them. Crash tests have a row for each. @internal */
export const STEP_KINDS = [
  "read-object",
  "read-secret",
  "reserve-key",
  "add-finalizer",
  "preflight-secret",
  "write-status",
  "mint",
  "roll",
  "tag-key",
  "commit-secret",
  "take-back-secret",
  "touch-secret",
  "rewrite-secret",
  "get-key",
  "list-keys",
  "find-claims",
  "read-workloads",
  "restart-workload",
  "read-pods",
  "revoke-key",
  "describe-key",
  "delete-secret",
  "release-secret",
  "remove-finalizer",
  "rest",
] as const satisfies readonly Step["kind"][];

const READS: ReadonlySet<Step["kind"]> = new Set([
  "reserve-key",
  "read-object",
  "read-secret",
  "get-key",
  "list-keys",
  "find-claims",
  "read-workloads",
  "read-pods",
  "rest",
]);

/** Whether a step changes anything: such a step is never decided on a cached view. */
export function isEffect(step: Step): boolean {
  return !READS.has(step.kind);
}
