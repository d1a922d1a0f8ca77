import type { ObjectView } from "../view/object.ts";
import type { Problem } from "../view/problem.ts";
import type { SecretView } from "../view/secret.ts";
import { lockOf } from "./lock.ts";
import { holdsCommit, isStrippedCommit, isWrittenBy, writeObstacle } from "./secret-check.ts";
import { type CommitState, type PendingCommit, unchecked, type Unwritten, type Written } from "./state.ts";

type Object = ObjectView | { readonly state: "gone" };

/** What happens to a pending commit. */
export type CommitInput =
  | { readonly type: "object-read"; readonly object: Object; readonly secret: SecretView }
  | { readonly type: "secret-read"; readonly object: Object; readonly secret: SecretView }
  /** The Secret was written; `created` where it was not there before. */
  | { readonly type: "written"; readonly created: boolean }
  /** A write of the Secret failed, or has no certain outcome; `problem` where the time for the commit is over. */
  | { readonly type: "write-failed"; readonly created: boolean; readonly problem?: Problem }
  | { readonly type: "taken-back"; readonly object: Object }
  /** The status records the key. */
  | { readonly type: "recorded" }
  /** The status records the attempt as abandoned. */
  | { readonly type: "abandoned" }
  | { readonly type: "revoked" }
  /** A GET has shown that the key is revoked, or is not ours to revoke. */
  | { readonly type: "not-revocable" }
  /** Another step failed. */
  | { readonly type: "failed" }
  /** The object is gone, and the time for the commit is over. */
  | { readonly type: "timed-out"; readonly secret: SecretView };

/**
 * The state machine of a commit. `undefined` ends it: this process has nothing left to do for the key.
 *
 * | in                  | what happens                                       | then                                     |
 * |---------------------|----------------------------------------------------|------------------------------------------|
 * | unwritten           | object-read: it names the attempt                  | unwritten, lock held                     |
 * | unwritten + problem, or over a Secret that is not ours | object-read: it names the attempt | abandoning (undelivered) |
 * | written             | object-read: it names the attempt                  | written, lock held                       |
 * | unwritten, written  | object-read: it records the key                    | ended                                    |
 * | unwritten, written  | object-read: the lock is lost                      | see `afterLoss`                          |
 * | unwritten, uncertain| secret-read: our attempt with our value            | written, lock unchecked                  |
 * | unwritten, uncertain| secret-read: anything else                         | unwritten, perhaps with a problem        |
 * | written             | secret-read                                        | written, lock unchecked                  |
 * | unwritten           | written                                            | written; after a create, lock presumed  |
 * | unwritten           | write-failed                                       | uncertain                                |
 * | written, lock held or presumed | recorded                                | ended                                    |
 * | taking-back         | taken-back                                         | `afterLoss` of an unwritten value        |
 * | revoking            | revoked, not-revocable                             | ended                                    |
 * | abandoning          | abandoned                                          | looked at once more where the Secret may hold the value, else ended |
 * | any but uncertain   | failed                                             | the phase before, lock unchecked         |
 * | any                 | timed-out                                          | `afterLoss` of an unwritten value        |
 *
 * From `taking-back`, `revoking` and `abandoning` a new look returns to the phase before. Once the object is gone, a
 * look at the Secret is followed by `afterLoss` at once. Anything else leaves the state as it is.
 *
 * Invariants: the value is written only in `unwritten` with the lock held, and the lock is checked after the Secret
 * was read; the key is revoked only in `revoking`, so never while a recovery may still accept the commit.
 */
export function nextCommit(pending: PendingCommit, input: CommitInput): PendingCommit | undefined {
  const state = nextState(pending, input);
  if (state === undefined) return undefined;
  const failed = input.type === "failed" || input.type === "write-failed" || input.type === "timed-out";
  return { ...pending, state, failures: pending.failures + (failed ? 1 : 0) };
}

function nextState(pending: PendingCommit, input: CommitInput): CommitState | undefined {
  const { state } = pending;
  switch (input.type) {
    case "object-read":
      return afterObjectRead(pending, input);
    case "secret-read":
      return afterSecretRead(pending, input);
    case "written":
      return { phase: "written", created: input.created, lock: input.created ? "presumed" : "held" };
    case "write-failed": {
      const { created, problem } = input;
      return { phase: "uncertain", created, ...(problem === undefined ? {} : { problem }) };
    }
    case "taken-back":
      return afterLoss(pending, UNWRITTEN, input.object, { state: "absent", read: "live" });
    case "recorded":
      return state.phase === "written" && state.lock !== "unchecked" ? undefined : state;
    case "abandoned":
      return state.phase === "abandoning" ? afterAbandoning(state) : state;
    case "revoked":
      return undefined;
    case "not-revocable":
      return state.phase === "revoking" ? undefined : state;
    case "failed":
      return state.phase === "uncertain" ? state : unchecked(state);
    case "timed-out":
      return afterLoss(pending, UNWRITTEN, { state: "gone" }, input.secret);
  }
}

const UNWRITTEN: Unwritten = { phase: "unwritten", lock: "unchecked" };

function afterObjectRead(
  pending: PendingCommit,
  { object, secret }: CommitInput & { type: "object-read" },
): CommitState | undefined {
  // What became of the write is looked at first: the lock counts only when it is seen after the Secret.
  if (pending.state.phase === "uncertain") return pending.state;
  const before = unchecked(pending.state);
  const lock = lockOf(pending, before, object);
  if (lock === "recorded") return undefined;
  if (lock === "lost") return afterLoss(pending, before, object, secret);
  // What the write would replace is judged here too: what was read before the key was asked for was never judged.
  const problem =
    before.phase === "unwritten" ? (before.problem ?? writeObstacle(secret, pending)) : undefined;
  if (problem !== undefined) return { phase: "abandoning", before, problem, undelivered: true };
  return { ...before, lock };
}

/** Looks before losing: our attempt with our value is committed, whatever the answer to the write was. */
function afterSecretRead(
  pending: PendingCommit,
  { object, secret }: CommitInput & { type: "secret-read" },
): CommitState | undefined {
  const seen = secret.state === "unread" ? pending.state : judgeSecret(pending, secret);
  if (seen.phase === "uncertain" || object.state !== "gone") return seen;
  return afterLoss(pending, unchecked(seen), object, secret);
}

function judgeSecret(pending: PendingCommit, secret: SecretView): Unwritten | Written {
  const before = pending.state.phase === "uncertain" ? pending.state : unchecked(pending.state);
  if (before.phase === "written") return before;
  if (holdsCommit(secret, pending)) {
    const created = before.phase === "uncertain" && before.created;
    return { phase: "written", lock: "unchecked", created };
  }
  const problem = writeObstacle(secret, pending) ?? before.problem;
  return problem === undefined ? UNWRITTEN : { ...UNWRITTEN, problem };
}

/**
 * The live ApiKey does not name the attempt. What this pass wrote is taken back: a Secret that it created, or one that
 * holds the minted value without its annotations. The key is left to the recovery that recorded the attempt as
 * abandoned, as long as that may still accept the commit: a revocation could hit a key that it has just accepted.
 */
function afterLoss(
  pending: PendingCommit,
  before: Unwritten | Written,
  object: Object,
  secret: SecretView,
): CommitState | undefined {
  const created = before.phase === "written" && (before.created || object.state === "gone");
  const unseen = created && secret.state === "unread";
  if (unseen || ((created || isStrippedCommit(secret, pending)) && isWrittenBy(secret, pending)))
    return { phase: "taking-back", before };
  // A roll leaves no key of its own: it is rolled again, never revoked.
  const revoking = pending.attempt.op === "create" ? ({ phase: "revoking", before } as const) : undefined;
  if (object.state === "gone") return revoking;
  const recorded = object.status.abandoned.find(({ id }) => id === pending.attempt.id);
  if (recorded?.listings === 0) return undefined;
  if (recorded !== undefined || object.deleting) return revoking;
  if (isWrittenBy(secret, pending)) return undefined;
  return { phase: "abandoning", before, problem: RECORD_REMOVED, undelivered: false };
}

const RECORD_REMOVED: Problem = {
  reason: "CreateOutcomeUnknown",
  message: "the record of the attempt was removed from the status while its key was made; the key is revoked",
  transient: true,
};

/** A write of this pass may have taken effect late: the Secret is looked at once more. */
function afterAbandoning({
  before,
  undelivered,
}: CommitState & { phase: "abandoning" }): CommitState | undefined {
  const mayHold = undelivered || (before.phase === "written" && before.created);
  return mayHold ? { ...before, lock: "unchecked" } : undefined;
}
