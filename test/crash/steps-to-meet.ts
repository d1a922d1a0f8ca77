import { STEP_KINDS, type Step } from "@signatureapi-keys/lifecycle";

type Reason<K extends Step["kind"]> = Extract<Step, { kind: K; why: string }>["why"];
type RevokeReason = Extract<Step, { kind: "revoke-key" }>["reason"];

// The compiler refuses a reason that is missing here.
const STATUS_REASONS = {
  WriteAhead: true,
  Abandon: true,
  ClearAttempt: true,
  Committed: true,
  Rebuilt: true,
  Listed: true,
  Revived: true,
  Rescheduled: true,
  Retired: true,
  Restarted: true,
  RolledOut: true,
  Moved: true,
  Tagged: true,
  Undone: true,
  Report: true,
} satisfies Record<Reason<"write-status">, true>;
const REWRITE_REASONS = { Restored: true, Adopted: true } satisfies Record<Reason<"rewrite-secret">, true>;
const DESCRIBE_REASONS = { Retained: true, Moved: true, Undone: true } satisfies Record<
  Reason<"describe-key">,
  true
>;
const REVOKE_REASONS = {
  Deleted: true,
  Retired: true,
  AttemptAbandoned: true,
  CommitLost: true,
  AttemptRepeated: true,
  Orphaned: true,
} satisfies Record<RevokeReason, true>;

const REASONS: Readonly<Partial<Record<Step["kind"], object>>> = {
  "write-status": STATUS_REASONS,
  "rewrite-secret": REWRITE_REASONS,
  "describe-key": DESCRIBE_REASONS,
  "revoke-key": REVOKE_REASONS,
};

/** Every kind of step and, where there are several reasons for one, every reason. Each has a row in the matrix. */
export const STEPS_TO_MEET: readonly string[] = STEP_KINDS.filter((kind) => kind !== "rest").flatMap((kind) =>
  Object.keys(REASONS[kind] ?? { "": true }).map((why) => (why === "" ? kind : `${kind}:${why}`)),
);
