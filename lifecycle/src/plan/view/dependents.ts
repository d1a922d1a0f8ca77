import type { Guard } from "./guard.ts";
import type { Problem } from "./problem.ts";

/** The kinds of workload that are restarted. */
export type WorkloadKind = "Deployment" | "StatefulSet" | "DaemonSet";

/** One version of one workload of the ApiKey's namespace. */
export interface WorkloadRef extends Guard {
  readonly kind: WorkloadKind;
  readonly name: string;
}

/** How far a workload is in replacing its Pods by such as its template describes. */
export type Rollout =
  | { readonly state: "complete" | "progressing" }
  /** It does not go on by itself; `why` completes a sentence that begins with the workload's name. */
  | { readonly state: "stuck"; readonly why: string };

/** A workload whose label asks that it is restarted when the value changes. */
export interface Dependent extends WorkloadRef {
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** The value that its Pod template was restarted for last. */
  readonly fingerprint: string | undefined;
  /** When somebody restarted it by hand last, as `kubectl rollout restart` records it. */
  readonly restartedAt: number | undefined;
  readonly rollout: Rollout;
}

/** A Pod that uses the Secret, and may have a value of it in its memory. */
export interface SecretUser {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** Something that is looked at only where it matters, or why it could not be seen. */
type Looked<T> =
  | { readonly state: "unread" }
  | { readonly state: "failed"; readonly problem: Problem }
  | ({ readonly state: "read" } & T);

/** The workloads that depend on the value; a view has none where restarts are switched off. */
export type DependentsView = Looked<{ readonly workloads: readonly Dependent[] }>;

/** The Pods that use the Secret; a view has none where Pods may not be seen. */
export type SecretUsersView = Looked<{ readonly pods: readonly SecretUser[] }>;

/** What is recorded of the restart that a new value calls for. Times in milliseconds since the epoch. */
export interface RestartRecord {
  /** Of the value that the dependents are restarted for. */
  readonly fingerprint: string;
  /** When that value was committed. */
  readonly committedAt: number;
  /** When all dependents had been told. From then on none is told again for this value. */
  readonly restartedAt?: number;
  /** When the rollouts of all of them had been seen complete. */
  readonly completedAt?: number;
}
