import { isAdoption, type Attempt } from "../attempt.ts";
import type { RemoteKey } from "../evidence.ts";
import type { Dependent, DependentsView, SecretUsersView } from "./dependents.ts";
import { bringHandHome, bringHandHomeWithoutObject } from "./policies/hand.ts";
import type { Step } from "./step.ts";
import { isStrippedCommit } from "./stripped.ts";
import { retryTime } from "./verdicts.ts";
import { restartOf } from "./view.ts";
import type { Hand, ObjectView, PassView, Problem, SecretView, StatusRecord, View } from "./view.ts";

/** What a step brought to light. Each effect answers with the new state of what it changed. */
export interface Observed {
  readonly object?: View["object"];
  readonly secret?: SecretView;
  readonly remote?: RemoteKey | "absent";
  readonly listing?: PassView["listing"];
  readonly claims?: PassView["claims"];
  readonly dependents?: DependentsView;
  readonly users?: SecretUsersView;
  /** A workload as its restart has left it. */
  readonly restarted?: Dependent;
  /** The key that a mint or a roll gave; its value stays with whoever applies the steps. */
  readonly minted?: Pick<Hand, "keyId" | "fingerprint" | "hint" | "createdAt">;
}

/** The outcome of a step; `conflict` says that what we knew of the target is out of date. */
export type StepResult =
  | { readonly outcome: "done"; readonly observed: Observed }
  | {
      readonly outcome: "rejected" | "unknown";
      readonly problem: Problem;
      readonly conflict: boolean;
      readonly retryAt?: number;
    };

/** Folds the result of a step into the view: the only place where what a pass knows changes. */
export function absorb(view: View, step: Step, result: StepResult, now: number): View {
  const next = forgetOutdated({ ...view, now }, step);
  return letGoWhenEnded(
    result.outcome === "done" ? absorbDone(next, step, result.observed) : absorbFailed(next, step, result),
  );
}

function absorbDone(view: View, step: Step, observed: Observed): View {
  const seen: View = {
    ...view,
    object: observed.object ?? view.object,
    secret: observed.secret ?? view.secret,
    pass: observed.listing === undefined ? view.pass : { ...view.pass, listing: observed.listing },
  };
  switch (step.kind) {
    case "read-object":
      return withHand(distrustOldJudgements(view, seen), (hand) => ({
        ...hand,
        lock: lockOf(hand, seen.object),
      }));
    case "read-secret":
      return withHand(lookAtLockAgain(seen), (hand) => judgeCommit(hand, seen.secret));
    case "get-key": {
      const remote = { ...seen.pass.remote, [step.keyId]: observed.remote ?? "absent" };
      const account = isFirstTagCheck(seen, step.keyId)
        ? { ...seen.account, tagsVerified: true }
        : seen.account;
      return { ...seen, account, pass: { ...seen.pass, remote } };
    }
    case "list-keys":
      // Remote first, Kubernetes after: a commit that came while the keys were listed must be seen.
      return { ...seen, secret: { state: "unread" } };
    case "find-claims": {
      const { claims } = observed;
      return claims === undefined ? seen : { ...seen, pass: { ...seen.pass, claims } };
    }
    case "tag-key": {
      const remote = { ...seen.pass.remote, [step.keyId]: observed.remote ?? "absent" };
      return { ...seen, pass: { ...seen.pass, remote, tagged: step.attempt.id } };
    }
    case "add-finalizer":
      return { ...seen, pass: { ...seen.pass, finalizerAdded: true } };
    case "reserve-key":
      return { ...seen, pass: { ...seen.pass, allowance: "granted" } };
    case "preflight-secret":
      return { ...seen, pass: { ...seen.pass, preflight: "passed" } };
    case "write-status":
      return absorbStatusWrite(seen, step.why, step.status.attempt);
    case "mint":
    case "roll":
      return absorbMint(seen, step, observed.minted);
    case "commit-secret":
      // What is known of workloads is about the value before.
      return withHand({ ...seen, dependents: seen.dependents && { state: "unread" } }, (hand) => ({
        ...hand,
        commit: "done",
        createdSecret: hand.createdSecret || step.replaces === undefined,
        // A create has no precondition on the ApiKey, so whoever created looks at it again.
        lock: step.replaces === undefined ? "unchecked" : hand.lock,
      }));
    case "touch-secret":
      return { ...seen, pass: { ...seen.pass, touched: [...seen.pass.touched, step.attempt] } };
    case "rewrite-secret":
      return { ...seen, pass: { ...seen.pass, rewritten: true } };
    case "delete-secret":
      return { ...seen, secret: { state: "absent", read: "live" } };
    case "take-back-secret":
      return withHand({ ...seen, secret: { state: "absent", read: "live" } }, (hand) => ({
        ...hand,
        commit: "due",
        createdSecret: false,
      }));
    case "read-workloads":
      return { ...seen, dependents: observed.dependents, object: toBeReadAgain(seen.object) };
    case "read-pods":
      return { ...seen, users: observed.users };
    case "restart-workload":
      return absorbRestart(seen, step, observed.restarted);
    case "revoke-key":
      return absorbRevocation(seen, step.keyId);
    case "describe-key":
      return {
        ...seen,
        pass: { ...seen.pass, remote: { ...seen.pass.remote, [step.keyId]: observed.remote ?? "absent" } },
      };
    default:
      return seen;
  }
}

/**
 * An adoption writes to a Secret that a recovery would fence off, so that the lock is looked at after the Secret: what
 * was seen before may have been abandoned, and the Secret touched, in between.
 */
function lookAtLockAgain(seen: View): View {
  const { object } = seen;
  if (object.state === "gone" || object.status.attempt?.op !== "adopt") return seen;
  return { ...seen, object: { ...object, read: "cached" } };
}

/**
 * Where the records have moved on, what was seen of the Secret and of keys before may be as old as they were: a key
 * that another controller has rolled and committed meanwhile would read as one whose committed value is dead.
 */
function distrustOldJudgements(before: View, seen: View): View {
  const { secret } = seen;
  if (before.object.state === "gone" || seen.object.state === "gone") return seen;
  // Not the records but their version: what was recorded meanwhile may have been taken away again.
  if (before.object.resourceVersion === seen.object.resourceVersion) return seen;
  // A first key is asked for without a look at a Secret that is not there: it may be there by now.
  const old: SecretView = secret.state === "present" ? { ...secret, read: "cached" } : { state: "unread" };
  return {
    ...seen,
    secret: old,
    dependents: seen.dependents && { state: "unread" },
    users: seen.users && { state: "unread" },
    pass: { ...seen.pass, remote: ended(seen.pass.remote) },
  };
}

/**
 * The workloads first, the ApiKey after them: a writer that was stalled must not tell them of a value that another has
 * replaced, and restarted them for, before it looked at them.
 */
function toBeReadAgain(object: View["object"]): View["object"] {
  return object.state === "gone" ? object : { ...object, read: "cached" };
}

function absorbRestart(
  view: View,
  { workload: { uid }, fingerprint }: Step & { kind: "restart-workload" },
  restarted: Dependent | undefined,
): View {
  const { dependents, pass } = view;
  const told = { ...view, pass: { ...pass, restarted: [...pass.restarted, restartOf(uid, fingerprint)] } };
  if (dependents?.state !== "read" || restarted === undefined) return told;
  const workloads = dependents.workloads.map((other) => (other.uid === uid ? restarted : other));
  return { ...told, dependents: { state: "read", workloads } };
}

/** The keys that are gone: a revocation is not undone, so that only those need no second look. */
function ended(remote: PassView["remote"]): PassView["remote"] {
  const gone = Object.entries(remote).filter(([, key]) => key === "absent" || key.status === "revoked");
  return Object.fromEntries(gone);
}

/** A request for a key makes older looks useless, whether or not it was answered: a GET before a roll, a list before a mint. */
function forgetOutdated(view: View, step: Step): View {
  if (step.kind === "mint") {
    const { listing: _before, ...pass } = view.pass;
    return { ...view, pass };
  }
  return step.kind === "roll" || step.kind === "tag-key" ? forgetKey(view, step.keyId) : view;
}

function forgetKey(view: View, keyId = ""): View {
  const { [keyId]: _before, ...remote } = view.pass.remote;
  return { ...view, pass: { ...view.pass, remote } };
}

function absorbFailed(
  view: View,
  step: Step,
  failed: StepResult & { outcome: "rejected" | "unknown" },
): View {
  const { problem } = failed;
  const pass = view.pass;
  if (step.kind === "mint" || step.kind === "roll" || step.kind === "tag-key") {
    return {
      ...view,
      pass: { ...pass, mint: { attempt: step.attempt.id, outcome: failed.outcome, problem } },
    };
  }
  if (step.kind === "reserve-key") {
    const until = failed.retryAt ?? retryTime(view, problem);
    return { ...view, pass: { ...pass, allowance: { until, problem } } };
  }
  if (pass.hand !== undefined) return absorbFailureInHand(view, pass.hand, step, failed);
  const without = absorbWithoutDependents(view, step, failed);
  if (without !== undefined) return without;
  if (step.kind === "preflight-secret") {
    // The name is taken: whose Secret it is decides what is done.
    if (failed.conflict) return { ...view, secret: { state: "unread" } };
    return { ...view, pass: { ...pass, preflight: problem } };
  }
  if (failed.conflict) return lookAgain(view, step);
  if (step.kind === "rewrite-secret" && step.why !== "Adopted")
    return { ...view, pass: { ...pass, rewritten: true, shapeProblem: problem } };
  if (isGivingUp(view) && (step.kind === "get-key" || step.kind === "describe-key")) {
    return { ...view, pass: { ...pass, untagFailed: true } };
  }
  return { ...view, pass: { ...pass, failure: problem, statusUnwritable: step.kind === "write-status" } };
}

/** How often in one pass a workload that has changed under our hands is looked at again. */
const MOST_CONFLICTS = 5;

/** Workloads and Pods that cannot be seen or told hold a revocation back, and stand in the way of nothing else. */
function absorbWithoutDependents(
  view: View,
  step: Step,
  failed: StepResult & { outcome: "rejected" | "unknown" },
): View | undefined {
  const { pass } = view;
  const { problem } = failed;
  const { restartConflicts = 0 } = pass;
  switch (step.kind) {
    case "read-workloads":
      return { ...view, dependents: { state: "failed", problem } };
    case "read-pods":
      return { ...view, users: { state: "failed", problem } };
    case "restart-workload":
      // Whatever looks after the workload writes to it too: it is looked at again, some times.
      if (failed.conflict && restartConflicts < MOST_CONFLICTS) {
        const again = { ...pass, restartConflicts: restartConflicts + 1 };
        return { ...view, dependents: { state: "unread" }, pass: again };
      }
      return {
        ...view,
        pass: {
          ...pass,
          restarted: [...pass.restarted, restartOf(step.workload.uid, step.fingerprint)],
          restartProblem: problem,
        },
      };
    default:
      return undefined;
  }
}

/** An object that is given up by annotation goes, whether or not its vendor answers. */
function isGivingUp({ object }: View): boolean {
  return object.state === "present" && object.deleting && object.abandon;
}

/** How long to wait after a failed step before the next, in milliseconds: only a value in hand is worth it. */
export function pauseAfterFailure(view: View): number {
  const failures = view.pass.hand?.failures ?? 0;
  return failures === 0 ? 0 : view.timing.commitRetry * 2 ** Math.min(failures - 1, 5);
}

/** With a value in hand no failure ends the pass: the lock is looked at again, within the commit's budget. */
function absorbFailureInHand(
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

function lookAgain(view: View, step: Step): View {
  if (step.kind === "write-status" || step.kind === "add-finalizer" || step.kind === "remove-finalizer") {
    return {
      ...view,
      object: view.object.state === "gone" ? view.object : { ...view.object, read: "cached" },
    };
  }
  return { ...view, secret: { state: "unread" } };
}

function absorbStatusWrite(view: View, why: string, attempt: Attempt | undefined): View {
  const { hand, ...pass } = view.pass;
  // Whether an abandoned attempt was committed after all is looked at only after it was abandoned.
  if (why === "Abandon") return { ...view, secret: { state: "unread" } };
  if (why === "WriteAhead" && attempt !== undefined) {
    const armed = { ...view, pass: { ...view.pass, armed: attempt.id } };
    // Between a look at the key and its new tag, or its roll, lie no more than the deadlines of an attempt.
    return isAdoption(attempt) ? forgetKey(armed, attempt.keyId) : armed;
  }
  // Whether the tag still stands is asked anew, after the settle time.
  if (why === "Tagged") return forgetKey(view, attempt?.keyId);
  // With the status written, the value is home: nothing depends on this process any more.
  if (hand?.commit === "done" && attempt === undefined && hand.lock === "held") return { ...view, pass };
  return view;
}

function absorbMint(view: View, step: Step & { kind: "mint" | "roll" }, minted: Observed["minted"]): View {
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

function absorbRevocation(view: View, keyId: string): View {
  const { hand, ...rest } = view.pass;
  const remote = { ...view.pass.remote, [keyId]: "absent" as const };
  return {
    ...view,
    pass: hand === undefined || hand.keyId === keyId ? { ...rest, remote } : { ...view.pass, remote },
  };
}

/** A hand for which nothing more is to be done must not stand in the way of what else is due. */
function letGoWhenEnded(view: View): View {
  const { hand, ...pass } = view.pass;
  if (hand === undefined || pass.failure !== undefined) return view;
  const { object } = view;
  const decision =
    object.state === "present" ? bringHandHome({ ...view, object }) : bringHandHomeWithoutObject(view);
  return hand.lock === "home" || decision === undefined ? { ...view, pass } : view;
}

function withHand(view: View, change: (hand: Hand) => Hand): View {
  const { hand } = view.pass;
  return hand === undefined ? view : { ...view, pass: { ...view.pass, hand: change(hand) } };
}

function isFirstTagCheck(view: View, keyId: string): boolean {
  return view.pass.hand?.keyId === keyId;
}

/**
 * Whoever finds another attempt than its own in the live status has lost; so has one whose object goes. A key
 * that the status records already is home: a recovery has accepted our commit meanwhile.
 */
function lockOf(hand: Hand, object: ObjectView | { readonly state: "gone" }): Hand["lock"] {
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
  return status.keyId === hand.keyId || status.previous.some((retiring) => retiring.keyId === hand.keyId);
}

/**
 * Looks before losing: our attempt with our value is committed, our attempt with other data is a forgery, and a
 * Secret of somebody else is never written. Whatever was seen, the lock is looked at after it.
 */
function judgeCommit(hand: Hand, secret: SecretView): Hand {
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
