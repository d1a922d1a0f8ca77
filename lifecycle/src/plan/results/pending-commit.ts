import { finishCommit, finishCommitWithoutObject } from "../policies/pending-commit.ts";
import type { Step } from "../step.ts";
import { isStrippedCommit } from "../stripped.ts";
import { isNamed } from "../verdicts.ts";
import type { PendingCommit, ObjectView, Problem, SecretView, StatusRecord, View } from "../view.ts";
import { lookAgain } from "./looks.ts";
import type { Observed, StepResult } from "./step-result.ts";

export function withPendingCommit(view: View, change: (pendingCommit: PendingCommit) => PendingCommit): View {
  const { pendingCommit } = view.pass;
  return pendingCommit === undefined
    ? view
    : { ...view, pass: { ...view.pass, pendingCommit: change(pendingCommit) } };
}

export function applyMint(
  view: View,
  step: Step & { kind: "mint" | "roll" },
  minted: Observed["minted"],
): View {
  if (minted === undefined) throw new TypeError("a mint that is done gives a key");
  const pendingCommit: PendingCommit = {
    ...minted,
    attempt: step.attempt,
    receivedAt: view.now,
    lock: "unchecked",
    commit: "due",
    createdSecret: false,
    failures: 0,
  };
  return { ...view, pass: { ...view.pass, pendingCommit } };
}

/**
 * Whoever finds another attempt than its own in the live status has lost; so has one whose object goes. A key
 * that the status records already is home: a recovery has accepted our commit meanwhile.
 */
export function lockOf(
  pendingCommit: PendingCommit,
  object: ObjectView | { readonly state: "gone" },
): PendingCommit["lock"] {
  if (object.state === "gone") return "lost";
  const { status } = object;
  if (isRecorded(pendingCommit, status)) return "home";
  if (status.abandoned.some((attempt) => attempt.id === pendingCommit.attempt.id)) return "lost";
  if (pendingCommit.commit !== "done")
    return status.attempt?.id === pendingCommit.attempt.id && !object.deleting ? "held" : "lost";
  // The status was wiped under a committed value: it is rebuilt from the Secret, which names also whom the commit
  // replaced, while this writer would record its own key alone and leave the old one to live for ever.
  if (status.attempt === undefined) return "home";
  return status.attempt.id === pendingCommit.attempt.id ? "held" : "lost";
}

function isRecorded(pendingCommit: PendingCommit, status: StatusRecord): boolean {
  if (pendingCommit.attempt.op === "roll") return status.fingerprint === pendingCommit.fingerprint;
  return isNamed(status, pendingCommit.keyId);
}

/**
 * Looks before losing: our attempt with our value is committed, our attempt with other data is a forgery, and a
 * Secret of somebody else is never written. Whatever was seen, the lock is looked at after it.
 */
export function judgeCommit(pendingCommit: PendingCommit, secret: SecretView): PendingCommit {
  if (pendingCommit.commit === "done" || secret.state === "unread")
    return { ...pendingCommit, lock: "unchecked" };
  const { hopeless: _tooEarly, ...rest } = pendingCommit;
  if (isCommitOf(pendingCommit, secret)) return { ...rest, commit: "done", lock: "unchecked" };
  const due: PendingCommit = { ...pendingCommit, commit: "due", createdSecret: false, lock: "unchecked" };
  if (secret.state === "absent") return due;
  if (secret.record?.attempt === pendingCommit.attempt.id) {
    return { ...due, hopeless: conflict("carries our attempt with data that is not ours") };
  }
  if (isStrippedCommit(secret, pendingCommit)) return due;
  if (secret.owner !== "this") return { ...due, hopeless: conflict("is not this ApiKey's") };
  return due;
}

function isCommitOf(pendingCommit: PendingCommit, secret: SecretView): boolean {
  return (
    secret.state === "present" &&
    secret.owner === "this" &&
    secret.record?.attempt === pendingCommit.attempt.id &&
    secret.record.keyId === pendingCommit.keyId &&
    secret.fingerprint === pendingCommit.fingerprint
  );
}

function conflict(what: string): Problem {
  return {
    reason: "SecretConflict",
    message: `the Secret ${what}; the key that was minted for it is revoked`,
    transient: false,
  };
}

export function isFirstTagCheck(view: View, keyId: string): boolean {
  return view.pass.pendingCommit?.keyId === keyId;
}

/** How long to wait after a failed step before the next, in milliseconds: only a pending commit is worth it. */
export function pauseAfterFailure(view: View): number {
  const failures = view.pass.pendingCommit?.failures ?? 0;
  return failures === 0 ? 0 : view.timing.commitRetry * 2 ** Math.min(failures - 1, 5);
}

/** With a pending commit, no failure ends the pass: the lock is looked at again, within the commit's budget. */
export function applyFailureToCommit(
  view: View,
  pendingCommit: PendingCommit,
  step: Step,
  failed: StepResult & { outcome: "rejected" | "unknown" },
): View {
  const { problem } = failed;
  const over = isOver(view, pendingCommit);
  const tried: PendingCommit = { ...pendingCommit, failures: pendingCommit.failures + 1, lock: "unchecked" };
  if (step.kind === "get-key" || step.kind === "revoke-key") {
    // Whether tags are kept can be asked again with the next key; a value that is committed does not wait for it.
    if (pendingCommit.lock === "held") return { ...view, account: { ...view.account, tagsVerified: true } };
    if (over) return { ...view, pass: { ...view.pass, failure: problem } };
    return withPendingCommit(view, () => tried);
  }
  if (step.kind === "commit-secret") {
    const uncertain: PendingCommit = {
      ...tried,
      commit: "uncertain",
      createdSecret: step.replaces === undefined,
      ...(over ? { hopeless: problem } : {}),
    };
    return withPendingCommit({ ...view, secret: { state: "unread" } }, () => uncertain);
  }
  if (over) return endInHand(view, tried, problem);
  return withPendingCommit(failed.conflict ? lookAgain(view, step) : view, () => tried);
}

/** The budget is over and the cluster does not answer: the records hold all that a later pass needs. */
function endInHand(view: View, pendingCommit: PendingCommit, problem: Problem): View {
  if (view.object.state === "present") return letGo(view, problem);
  // Nobody is left who could recover the attempt: what can still be done is to revoke its key.
  return withPendingCommit(view, () => ({ ...pendingCommit, commit: "due", createdSecret: false }));
}

/** A committed value needs this process no more: the status is rebuilt from the Secret by a later pass. */
function letGo(view: View, failure: Problem): View {
  const { pendingCommit: _committed, ...pass } = view.pass;
  return { ...view, pass: { ...pass, failure, statusUnwritable: true } };
}

function isOver(view: View, pendingCommit: PendingCommit): boolean {
  return view.now >= pendingCommit.receivedAt + view.timing.commitBudget;
}

/** A pending commit for which nothing more is to be done must not stand in the way of what else is due. */
export function letGoWhenEnded(view: View): View {
  const { pendingCommit, ...pass } = view.pass;
  if (pendingCommit === undefined || pass.failure !== undefined) return view;
  const { object } = view;
  const decision =
    object.state === "present" ? finishCommit({ ...view, object }) : finishCommitWithoutObject(view);
  return pendingCommit.lock === "home" || decision === undefined ? { ...view, pass } : view;
}
