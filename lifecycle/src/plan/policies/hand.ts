import type { AbandonedAttempt } from "../../attempt.ts";
import type { Hand, Problem, SecretView, View } from "../view.ts";
import { problemVerdict } from "../verdicts.ts";
import { abandonAttempt } from "./attempts.ts";
import { commitRecordFor } from "./commit-record.ts";
import { revokeStep } from "./keys.ts";
import { act, type Decision, type PresentView } from "./policy.ts";
import { recordCommit } from "./status-record.ts";
import { isStrippedCommit } from "../stripped.ts";

/**
 * A value in hand comes before everything else: it is committed, or what was minted is revoked. `undefined`
 * once nothing more is to be done for it.
 *
 * Invariant: nothing is written to the Secret unless the live ApiKey, read after the Secret, names our attempt;
 * nothing is revoked that a recovery may still accept.
 */
export function bringHandHome(view: PresentView): Decision | undefined {
  const { hand } = view.pass;
  if (hand === undefined || view.pass.failure !== undefined) return undefined;
  // The Secret first, the lock after it: a recovery touches the Secret, so that a commit decided on what was
  // seen before the lock was lost fails.
  if (needsLook(view, hand)) return act({ kind: "read-secret" });
  if (hand.lock === "unchecked") return act({ kind: "read-object" });
  if (hand.lock === "lost") return undoLost(view, hand);
  if (hand.hopeless !== undefined) return giveUp(view, hand);
  if (hand.commit === "due") return commit(view, hand);
  if (!view.account.tagsVerified) return act({ kind: "get-key", keyId: hand.keyId });
  return recordCommit(view, hand);
}

/** The ApiKey went while its key was made: nobody declares it any more. */
export function bringHandHomeWithoutObject(view: View): Decision | undefined {
  const { hand } = view.pass;
  if (hand === undefined || view.pass.failure !== undefined) return undefined;
  if (hand.commit === "uncertain") return act({ kind: "read-secret" });
  return takeBack(view, hand) ?? revokeMinted(view, hand);
}

function needsLook(view: View, hand: Hand): boolean {
  const { secret } = view;
  if (hand.commit === "uncertain") return true;
  if (hand.commit === "done" || hand.lock === "lost") return false;
  return secret.state === "unread" || (secret.state === "present" && secret.read !== "live");
}

function commit(view: PresentView, hand: Hand): Decision {
  const { secret } = view;
  const replaces =
    secret.state === "present" ? { uid: secret.uid, resourceVersion: secret.resourceVersion } : undefined;
  return act({ kind: "commit-secret", record: commitRecordFor(view, hand, view.now), replaces });
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
function undoLost(view: PresentView, hand: Hand): Decision | undefined {
  const back = takeBack(view, hand);
  if (back !== undefined) return back;
  const recorded = view.object.status.abandoned.find(({ id }) => id === hand.attempt.id);
  if (recorded?.listings === 0) return undefined;
  if (recorded !== undefined || view.object.deleting) return revokeMinted(view, hand);
  return isOurCommit(view.secret, hand) ? undefined : abandon(view, hand, LOCK_WIPED);
}

/**
 * Deletes the Secret that this pass created, or that holds the very value in hand and has lost its annotations, and
 * no other: guarded by what was last seen of it.
 */
function takeBack(view: View, hand: Hand): Decision | undefined {
  const { secret } = view;
  const created = hand.createdSecret || (view.object.state === "gone" && hand.commit === "done");
  if (!created && !isStrippedCommit(secret, hand)) return undefined;
  if (secret.state === "unread") return act({ kind: "read-secret" });
  if (!isOurCommit(secret, hand)) return undefined;
  return act({
    kind: "take-back-secret",
    guard: { uid: secret.uid, resourceVersion: secret.resourceVersion },
  });
}

function isOurCommit(secret: SecretView, hand: Hand): secret is SecretView & { state: "present" } {
  if (isStrippedCommit(secret, hand)) return true;
  return secret.state === "present" && secret.owner === "this" && secret.record?.attempt === hand.attempt.id;
}

/**
 * The attempt is recorded as abandoned, so that a late effect of the commit counts as uncommitted and a crash
 * leaves a trace; from there on the recovery looks for the key and revokes it.
 */
function giveUp(view: PresentView, hand: Hand): Decision | undefined {
  const problem = hand.hopeless;
  if (problem === undefined || view.object.status.attempt?.id !== hand.attempt.id) return undefined;
  // What was looked at last is not our commit: nobody was given this value.
  return abandon(view, hand, problem, hand.commit === "done" ? {} : { undelivered: true });
}

function abandon(
  view: PresentView,
  hand: Hand,
  problem: Problem,
  known: Pick<AbandonedAttempt, "undelivered"> = {},
): Decision {
  const status = abandonAttempt(view, hand.attempt, known);
  return act({ kind: "write-status", why: "Abandon", status, verdict: problemVerdict(view, problem) });
}

function revokeMinted(view: View, hand: Hand): Decision | undefined {
  // A roll leaves no key of its own: it is rolled again, never revoked.
  return hand.attempt.op === "create" ? revokeStep(view, hand.keyId, "CommitLost") : undefined;
}
