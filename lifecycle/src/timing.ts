/**
 * The durations that the rules rest on, all in milliseconds. They belong together: see {@link timingProblem}.
 */
export interface Timing {
  /** A POST leaves at most this long after its write-ahead, or not at all. */
  readonly postWindow: number;
  /** The deadline of one request to the management API. */
  readonly requestDeadline: number;
  /** How long a pending commit is tried to be committed. */
  readonly commitBudget: number;
  /** After this age an attempt can be taken over: longer than all the deadlines of its writer together. */
  readonly attemptLifetime: number;
  /** The time between two listings that together prove a key's absence. */
  readonly settleTime: number;
  /** How far the vendor's clock may be from ours when a key's creation is compared with its attempt. */
  readonly clockTolerance: number;
  /** How long an abandoned attempt is remembered, so that a late effect is still recognised. */
  readonly abandonedRetention: number;
  /**
   * An attempt that is abandoned when it is older than this may come from a restored etcd, and its key may have been
   * in use for long: that is retired, not revoked at once.
   */
  readonly revivedAfter: number;
  /** The pause after a refusal that somebody may lift without telling us. */
  readonly retryAfterRefusal: number;
  /** The pause after a failure that is likely to pass by itself. */
  readonly retryAfterFailure: number;
  /** The longest pause between attempts whose outcomes stay unknown. */
  readonly longestPause: number;
  /** The first pause before a commit is tried again; it doubles. */
  readonly commitRetry: number;
  /**
   * The pause between a commit and the restart of its dependents: a kubelet may serve the old Secret to a new Pod
   * for some seconds, and whoever is given it keeps it.
   */
  readonly restartDelay: number;
  /** A rollout that takes longer than this is called stuck, where the workload knows no deadline of its own. */
  readonly rolloutDeadline: number;
  /** The first pause between two looks at rollouts that hold a revocation back; it grows with their age. */
  readonly rolloutPoll: number;
}

/** The timing that the controller runs with. */
export const DEFAULT_TIMING: Timing = {
  postWindow: 10_000,
  requestDeadline: 30_000,
  commitBudget: 60_000,
  attemptLifetime: 120_000,
  settleTime: 45_000,
  clockTolerance: 300_000,
  abandonedRetention: 86_400_000,
  revivedAfter: 3_600_000,
  retryAfterRefusal: 60_000,
  retryAfterFailure: 10_000,
  longestPause: 3_600_000,
  commitRetry: 250,
  restartDelay: 10_000,
  rolloutDeadline: 600_000,
  rolloutPoll: 2_000,
};
