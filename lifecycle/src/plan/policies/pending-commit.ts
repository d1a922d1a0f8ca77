import type { AbandonedAttempt } from "../../attempt.ts";
import type { PendingCommit, Problem, SecretView, View } from "../view.ts";
import { problemVerdict } from "../verdicts.ts";
import { abandonAttempt } from "./attempts.ts";
import { commitRecordFor } from "./commit-record.ts";
import { revokeStep } from "./keys.ts";
import { act, type Decision, type PresentView } from "./policy.ts";
import { recordCommit } from "./status-record.ts";
import { isStrippedCommit } from "../stripped.ts";

/**
 * A pending commit comes before everything else: it is committed, or what was minted is revoked. `undefined`
 * once nothing more is to be done for it.
 *
 * Invariant: nothing is written to the Secret unless the live ApiKey, read after the Secret, names our attempt;
 * nothing is revoked that a recovery may still accept.
 */
export function finishCommit(view: PresentView): Decision | undefined {
  const { pendingCommit } = view.pass;
  if (pendingCommit === undefined || view.pass.failure !== undefined) return undefined;
  // The Secret first, the lock after it: a recovery touches the Secret, so that a commit decided on what was
  // seen before the lock was lost fails.
  if (needsLook(view, pendingCommit)) return act({ kind: "read-secret" });
  if (pendingCommit.lock === "unchecked") return act({ kind: "read-object" });
  if (pendingCommit.lock === "lost") return undoLost(view, pendingCommit);
  if (pendingCommit.hopeless !== undefined) return giveUp(view, pendingCommit);
  if (pendingCommit.commit === "due") return commit(view, pendingCommit);
  if (!view.account.tagsVerified) return act({ kind: "get-key", keyId: pendingCommit.keyId });
  return recordCommit(view, pendingCommit);
}

/** The ApiKey went while its key was made: nobody declares it any more. */
export function finishCommitWithoutObject(view: View): Decision | undefined {
  const { pendingCommit } = view.pass;
  if (pendingCommit === undefined || view.pass.failure !== undefined) return undefined;
  if (pendingCommit.commit === "uncertain") return act({ kind: "read-secret" });
  return takeBack(view, pendingCommit) ?? revokeMinted(view, pendingCommit);
}

function needsLook(view: View, pendingCommit: PendingCommit): boolean {
  const { secret } = view;
  if (pendingCommit.commit === "uncertain") return true;
  if (pendingCommit.commit === "done" || pendingCommit.lock === "lost") return false;
  return secret.state === "unread" || (secret.state === "present" && secret.read !== "live");
}

function commit(view: PresentView, pendingCommit: PendingCommit): Decision {
  const { secret } = view;
  const replaces =
    secret.state === "present" ? { uid: secret.uid, resourceVersion: secret.resourceVersion } : undefined;
  return act({ kind: "commit-secret", record: commitRecordFor(view, pendingCommit, view.now), replaces });
}

const LOCK_WIPED: Problem = {
  reason: "CreateOutcomeUnknown",
  message: "the record of the attempt was removed from the status while its key was made; the key is revoked",
  transient: true,
};

/**
 * The live ApiKey does not name our attempt. What a create of ours put there is taken back. The key is left to
 * the recovery that recorded the attempt as abandoned, as long as that may still accept the commit: revoking it
 * here could hit a key that it has just accepted.
 */
function undoLost(view: PresentView, pendingCommit: PendingCommit): Decision | undefined {
  const back = takeBack(view, pendingCommit);
  if (back !== undefined) return back;
  const recorded = view.object.status.abandoned.find(({ id }) => id === pendingCommit.attempt.id);
  if (recorded?.listings === 0) return undefined;
  if (recorded !== undefined || view.object.deleting) return revokeMinted(view, pendingCommit);
  return isOurCommit(view.secret, pendingCommit) ? undefined : abandon(view, pendingCommit, LOCK_WIPED);
}

/**
 * Deletes the Secret that this pass created, or that holds the minted value and has lost its annotations, and
 * no other: guarded by what was last seen of it.
 */
function takeBack(view: View, pendingCommit: PendingCommit): Decision | undefined {
  const { secret } = view;
  const created =
    pendingCommit.createdSecret || (view.object.state === "gone" && pendingCommit.commit === "done");
  if (!created && !isStrippedCommit(secret, pendingCommit)) return undefined;
  if (secret.state === "unread") return act({ kind: "read-secret" });
  if (!isOurCommit(secret, pendingCommit)) return undefined;
  return act({
    kind: "take-back-secret",
    guard: { uid: secret.uid, resourceVersion: secret.resourceVersion },
  });
}

function isOurCommit(
  secret: SecretView,
  pendingCommit: PendingCommit,
): secret is SecretView & { state: "present" } {
  if (isStrippedCommit(secret, pendingCommit)) return true;
  return (
    secret.state === "present" &&
    secret.owner === "this" &&
    secret.record?.attempt === pendingCommit.attempt.id
  );
}

/**
 * The attempt is recorded as abandoned, so that a late effect of the commit counts as uncommitted and a crash
 * leaves a trace; from there on the recovery looks for the key and revokes it.
 */
function giveUp(view: PresentView, pendingCommit: PendingCommit): Decision | undefined {
  const problem = pendingCommit.hopeless;
  if (problem === undefined || view.object.status.attempt?.id !== pendingCommit.attempt.id) return undefined;
  // What was looked at last is not our commit: nobody was given this value.
  return abandon(view, pendingCommit, problem, pendingCommit.commit === "done" ? {} : { undelivered: true });
}

function abandon(
  view: PresentView,
  pendingCommit: PendingCommit,
  problem: Problem,
  known: Pick<AbandonedAttempt, "undelivered"> = {},
): Decision {
  const status = abandonAttempt(view, pendingCommit.attempt, known);
  return act({ kind: "write-status", why: "Abandon", status, verdict: problemVerdict(view, problem) });
}

function revokeMinted(view: View, pendingCommit: PendingCommit): Decision | undefined {
  // A roll leaves no key of its own: it is rolled again, never revoked.
  return pendingCommit.attempt.op === "create"
    ? revokeStep(view, pendingCommit.keyId, "CommitLost")
    : undefined;
}
