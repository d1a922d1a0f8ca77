import { bringHandHome, bringHandHomeWithoutObject } from "../policies/hand.ts";
import type { Step } from "../step.ts";
import { isStrippedCommit } from "../stripped.ts";
import { isNamed } from "../verdicts.ts";
import type { Hand, ObjectView, Problem, SecretView, StatusRecord, View } from "../view.ts";
import { lookAgain } from "./looks.ts";
import type { Observed, StepResult } from "./step-result.ts";

export function withHand(view: View, change: (hand: Hand) => Hand): View {
  const { hand } = view.pass;
  return hand === undefined ? view : { ...view, pass: { ...view.pass, hand: change(hand) } };
}

export function absorbMint(
  view: View,
  step: Step & { kind: "mint" | "roll" },
  minted: Observed["minted"],
): View {
  if (minted === undefined) throw new TypeError("a mint that is done gives a key");
  const hand: Hand = {
    ...minted,
    attempt: step.attempt,
    receivedAt: view.now,
    lock: "unchecked",
    commit: "due",
    createdSecret: false,
    failures: 0,
  };
  return { ...view, pass: { ...view.pass, hand } };
}

/**
 * Whoever finds another attempt than its own in the live status has lost; so has one whose object goes. A key
 * that the status records already is home: a recovery has accepted our commit meanwhile.
 */
export function lockOf(hand: Hand, object: ObjectView | { readonly state: "gone" }): Hand["lock"] {
  if (object.state === "gone") return "lost";
  const { status } = object;
  if (isRecorded(hand, status)) return "home";
  if (status.abandoned.some((attempt) => attempt.id === hand.attempt.id)) return "lost";
  if (hand.commit !== "done")
    return status.attempt?.id === hand.attempt.id && !object.deleting ? "held" : "lost";
  // The status was wiped under a committed value: it is rebuilt from the Secret, which names also whom the commit
  // replaced, while this writer would record its own key alone and leave the old one to live for ever.
  if (status.attempt === undefined) return "home";
  return status.attempt.id === hand.attempt.id ? "held" : "lost";
}

function isRecorded(hand: Hand, status: StatusRecord): boolean {
  if (hand.attempt.op === "roll") return status.fingerprint === hand.fingerprint;
  return isNamed(status, hand.keyId);
}

/**
 * Looks before losing: our attempt with our value is committed, our attempt with other data is a forgery, and a
 * Secret of somebody else is never written. Whatever was seen, the lock is looked at after it.
 */
export function judgeCommit(hand: Hand, secret: SecretView): Hand {
  if (hand.commit === "done" || secret.state === "unread") return { ...hand, lock: "unchecked" };
  const { hopeless: _tooEarly, ...rest } = hand;
  if (isCommitOf(hand, secret)) return { ...rest, commit: "done", lock: "unchecked" };
  const due: Hand = { ...hand, commit: "due", createdSecret: false, lock: "unchecked" };
  if (secret.state === "absent") return due;
  if (secret.record?.attempt === hand.attempt.id) {
    return { ...due, hopeless: conflict("carries our attempt with data that is not ours") };
  }
  if (isStrippedCommit(secret, hand)) return due;
  if (secret.owner !== "this") return { ...due, hopeless: conflict("is not this ApiKey's") };
  return due;
}

function isCommitOf(hand: Hand, secret: SecretView): boolean {
  return (
    secret.state === "present" &&
    secret.owner === "this" &&
    secret.record?.attempt === hand.attempt.id &&
    secret.record.keyId === hand.keyId &&
    secret.fingerprint === hand.fingerprint
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
  return view.pass.hand?.keyId === keyId;
}

/** How long to wait after a failed step before the next, in milliseconds: only a value in hand is worth it. */
export function pauseAfterFailure(view: View): number {
  const failures = view.pass.hand?.failures ?? 0;
  return failures === 0 ? 0 : view.timing.commitRetry * 2 ** Math.min(failures - 1, 5);
}

/** With a value in hand no failure ends the pass: the lock is looked at again, within the commit's budget. */
export function absorbFailureInHand(
  view: View,
  hand: Hand,
  step: Step,
  failed: StepResult & { outcome: "rejected" | "unknown" },
): View {
  const { problem } = failed;
  const over = isOver(view, hand);
  const tried: Hand = { ...hand, failures: hand.failures + 1, lock: "unchecked" };
  if (step.kind === "get-key" || step.kind === "revoke-key") {
    // Whether tags are kept can be asked again with the next key; a value that is committed does not wait for it.
    if (hand.lock === "held") return { ...view, account: { ...view.account, tagsVerified: true } };
    if (over) return { ...view, pass: { ...view.pass, failure: problem } };
    return withHand(view, () => tried);
  }
  if (step.kind === "commit-secret") {
    const uncertain: Hand = {
      ...tried,
      commit: "uncertain",
      createdSecret: step.replaces === undefined,
      ...(over ? { hopeless: problem } : {}),
    };
    return withHand({ ...view, secret: { state: "unread" } }, () => uncertain);
  }
  if (over) return endInHand(view, tried, problem);
  return withHand(failed.conflict ? lookAgain(view, step) : view, () => tried);
}

/** The budget is over and the cluster does not answer: the records hold all that a later pass needs. */
function endInHand(view: View, hand: Hand, problem: Problem): View {
  if (view.object.state === "present") return letGo(view, problem);
  // Nobody is left who could recover the attempt: what can still be done is to revoke its key.
  return withHand(view, () => ({ ...hand, commit: "due", createdSecret: false }));
}

/** A committed value needs this process no more: the status is rebuilt from the Secret by a later pass. */
function letGo(view: View, failure: Problem): View {
  const { hand: _committed, ...pass } = view.pass;
  return { ...view, pass: { ...pass, failure, statusUnwritable: true } };
}

function isOver(view: View, hand: Hand): boolean {
  return view.now >= hand.receivedAt + view.timing.commitBudget;
}

/** A hand for which nothing more is to be done must not stand in the way of what else is due. */
export function letGoWhenEnded(view: View): View {
  const { hand, ...pass } = view.pass;
  if (hand === undefined || pass.failure !== undefined) return view;
  const { object } = view;
  const decision =
    object.state === "present" ? bringHandHome({ ...view, object }) : bringHandHomeWithoutObject(view);
  return hand.lock === "home" || decision === undefined ? { ...view, pass } : view;
}
