import { isAdoption, isEmergency, isHeal, type Attempt, type MintReason } from "../../attempt.ts";
import { MAX_REVISION } from "../../tag.ts";
import { isDelivered, problemVerdict, retryTime } from "../verdicts.ts";
import type { DesiredKey, Pause, Problem, StatusRecord, Verdict } from "../view.ts";
import { isProblem } from "../view.ts";
import { knownEmergency, obeyedTrigger } from "./commit-record.ts";
import { overdueKeys } from "./dependents.ts";
import { endUnnamed } from "./findings.ts";
import { isRolled, keyState } from "./keys.ts";
import { act, restOn, type Decision, type PresentView } from "./policy.ts";
import { withRotation } from "./status-record.ts";

/** Why a key is due, or `undefined` while the one there is as declared. */
function mintReason(view: PresentView, desired: DesiredKey): MintReason | undefined {
  const { status } = view.object;
  const { secret, pass } = view;
  // What was begun goes on, also where its window closes behind it.
  if (status.attempt !== undefined && status.attempt.id === pass.ownAttempt) return status.attempt.reason;
  if (status.keyId === undefined) return "Declared";
  // Before all healing: what that replaces retires after the overlap, and here nothing may.
  if (desired.emergency !== undefined && desired.emergency !== knownEmergency(view)) return "RotationForced";
  if (secret.state === "absent") return "SecretLost";
  if (secret.state === "present" && secret.fingerprint !== status.fingerprint) return "SecretEdited";
  const key = keyState(view, status.keyId);
  if (key.state === "gone") return "KeyRevoked";
  if (key.state === "ours" && isRolled(view, key.key)) return "KeyRolled";
  const cutOff = cutOffRoll(status);
  if (cutOff !== undefined) return cutOff.reason;
  const obeyed = obeyedTrigger(view);
  if (obeyed !== undefined && desired.trigger !== undefined && desired.trigger !== obeyed)
    return "RotationTriggered";
  // As declared now: what is on record may be from before an edit.
  const { nextRotationAt } = withRotation(view);
  const due = nextRotationAt !== undefined && view.now >= nextRotationAt;
  // A schedule does not pile up keys behind one that Pods may still use; whoever asks for a key gets one.
  if (due && overdueKeys(view).length === 0) return "RotationDue";
  return undefined;
}

/** A roll that was never committed may have killed the value that stands in the Secret: it is rolled again. */
function cutOffRoll(status: StatusRecord): Attempt | undefined {
  return status.abandoned.find(
    ({ op, keyId, revision }) => op === "roll" && keyId === status.keyId && revision > status.revision,
  );
}

/**
 * The write order of design: finalizer, preflight, write-ahead, and only then the request for the key.
 *
 * Invariant: a key is asked for only under an attempt that the live status names, and only after the very write
 * that will hold its value has passed a dry run.
 */
export function mintWhenDue(view: PresentView): Decision | undefined {
  const { desired } = view.object;
  if (isProblem(desired)) return undefined;
  const reason = mintReason(view, desired);
  if (reason === undefined) return undefined;
  const obstacle = obstacleTo(view, desired, reason);
  if (obstacle !== undefined) return obstacle;
  if (view.pass.allowance === undefined && view.pass.ownAttempt === undefined)
    return act({ kind: "reserve-key", reason, op: isRoll(view, desired) === undefined ? "create" : "roll" });
  if (!view.object.finalizer) return act({ kind: "add-finalizer" });
  const unnamed = reason === "KeyRevoked" ? endUnnamedBesideGone(view) : undefined;
  if (unnamed !== undefined) return unnamed;
  const rolled = rollOnlyOurs(view, desired);
  if (rolled !== undefined) return rolled;
  if (view.pass.preflight === "due") return act({ kind: "preflight-secret" });
  return attemptStep(view, desired, reason);
}

/** A key that was revoked is not listed any more, so that no inventory can have told its attempt's other keys. */
function endUnnamedBesideGone(view: PresentView): Decision | undefined {
  const { keyId = "" } = view.object.status;
  const gone = view.pass.remote[keyId];
  return gone === undefined || gone === "absent" || view.pass.ownAttempt !== undefined
    ? undefined
    : endUnnamed(view);
}

function attemptStep(view: PresentView, desired: DesiredKey, reason: MintReason): Decision {
  const { attempt } = view.object.status;
  if (attempt === undefined || attempt.id !== view.pass.ownAttempt) {
    // An attempt names one key: whoever has used up the ID of this pass begins another pass for the next.
    if (view.pass.ownAttempt !== undefined) return { verdict: undefined, requeueAt: view.now };
    const next = newAttempt(view, desired, reason);
    return act({
      kind: "write-status",
      why: "WriteAhead",
      status: { ...view.object.status, ...pins(view), attempt: next },
      verdict: mintingVerdict(view, next),
    });
  }
  if (attempt.op === "roll" && attempt.keyId !== undefined)
    return act({ kind: "roll", attempt, keyId: attempt.keyId });
  return act({ kind: "mint", attempt });
}

/** Installation and account are pinned with the first durable record, before anything is asked for. */
export function pins(view: PresentView): { installation: string; accountId?: string } {
  const { usable } = view.account;
  return { installation: view.installation, ...(isProblem(usable) ? {} : { accountId: usable.accountId }) };
}

function newAttempt(view: PresentView, desired: DesiredKey, reason: MintReason): Attempt {
  const base = {
    id: view.pass.freshAttemptId,
    revision: nextRevision(view),
    startedAt: view.now,
    reason,
  };
  const rolls = isRoll(view, desired);
  return rolls === undefined ? { ...base, op: "create" } : { ...base, op: "roll", keyId: rolls };
}

/** The revision of the next key, later than any that was tried. */
export function nextRevision({ object: { status } }: PresentView): number {
  const tried = status.abandoned.map((attempt) => attempt.revision);
  return Math.min(Math.max(status.revision, ...tried) + 1, MAX_REVISION);
}

/** A test key exists once per account, so it is rolled; a live key is replaced by a new one. */
function isRoll(view: PresentView, desired: DesiredKey): string | undefined {
  const keyId = recordedKey(view.object.status);
  if (desired.mode !== "test" || keyId === undefined) return undefined;
  return keyState(view, keyId).state === "gone" ? undefined : keyId;
}

/** Where a status was wiped under a roll, what is left to name the key is the record of the roll. */
function recordedKey({ keyId, abandoned }: StatusRecord): string | undefined {
  return keyId ?? abandoned.findLast((attempt) => attempt.op === "roll" && !isAdoption(attempt))?.keyId;
}

function rollOnlyOurs(view: PresentView, desired: DesiredKey): Decision | undefined {
  const keyId = isRoll(view, desired);
  if (keyId === undefined) return undefined;
  const { state } = keyState(view, keyId);
  if (state === "unknown") return act({ kind: "get-key", keyId });
  if (state !== "foreign") return undefined;
  const problem: Problem = {
    reason: "ForeignKey",
    message: `the test key ${keyId} is tagged for somebody else, so it is not rolled`,
    transient: false,
  };
  return restOn(view, problem);
}

function obstacleTo(view: PresentView, desired: DesiredKey, reason: MintReason): Decision | undefined {
  const { secret } = view;
  // What a cache calls lost or edited is looked at itself before a key is spent on it.
  const heals = reason !== "Declared" || secret.state === "present";
  if (secret.state === "unread" || (heals && secret.read === "cached")) return act({ kind: "read-secret" });
  const problem = problemOf(view, desired);
  if (problem !== undefined) return restOn(view, problem);
  const pause = pauseOf(view) ?? budgetPause(view, reason) ?? refusedAllowance(view);
  return pause === undefined
    ? undefined
    : { verdict: problemVerdict(view, pause.problem), requeueAt: pause.until };
}

/** Why nothing may be done for this ApiKey that gives it a key, whatever its Secret says. */
export function standingProblem(view: PresentView, desired: DesiredKey): Problem | undefined {
  const { account } = view;
  if (view.object.namespaceTerminating) {
    return {
      reason: "Deleting",
      message: "the namespace is being deleted: nothing is minted in it",
      transient: false,
    };
  }
  if (desired.suspend) {
    return { reason: "Suspended", message: "spec.suspend is true: no key is minted", transient: false };
  }
  if (isProblem(account.usable)) return account.usable;
  return account.mintProblem;
}

function problemOf(view: PresentView, desired: DesiredKey): Problem | undefined {
  const { secret, pass } = view;
  const standing = standingProblem(view, desired);
  if (standing !== undefined) return standing;
  if (secret.state === "present" && secret.owner !== "this")
    return secretConflict(desired, secret.owner === "other" ? secret.record?.keyId : undefined);
  if (secret.state === "present" && secret.immutable) {
    return {
      reason: "SecretImmutable",
      message: `Secret ${desired.secretName} is immutable, so no new value can be written to it; delete it and a new one is made`,
      transient: false,
    };
  }
  return typeof pass.preflight === "object" ? pass.preflight : undefined;
}

function secretConflict(desired: DesiredKey, keyId: string | undefined): Problem {
  const restored =
    keyId === undefined
      ? ""
      : `; if it was restored from a backup, spec.adopt with keyId ${keyId.slice(0, 64)} takes it over`;
  const message = `Secret ${desired.secretName} exists and is not this ApiKey's; it was not touched and nothing was minted; delete or rename it, or declare another secret.name${restored}`;
  return { reason: "SecretConflict", message, transient: false };
}

const HOUR = 3_600_000;
/** How many keys an hour are made for one ApiKey that nobody has asked for, and how many in emergencies. */
const KEYS_PER_HOUR = 5;

/**
 * Two tools that fight over a Secret, or one that sets the annotation in a loop, must not use up an account: both
 * are bounded, and then wait; each by itself, so that neither stands in the way of the other.
 */
function budgetPause(view: PresentView, reason: MintReason): Pause | undefined {
  const { heals = [], emergencies = [], now, pass } = view;
  const spent = isHeal(reason) ? heals : isEmergency(reason) ? emergencies : [];
  const oldest = spent.filter((time) => now < time + HOUR).at(-KEYS_PER_HOUR);
  if (pass.ownAttempt !== undefined || oldest === undefined) return undefined;
  const until = oldest + HOUR;
  const why = isHeal(reason)
    ? `because the Secret or the key was lost each time (now: ${reason}); find out who deletes or edits it`
    : "because the annotation signatureapi.com/rotate changed each time; find out who sets it, and if the key in use is not safe, revoke it in the vendor's dashboard";
  const message = `${KEYS_PER_HOUR} keys were made within an hour ${why}; the next key is made at ${new Date(until).toISOString()}`;
  return { until, problem: { reason: "MintBudgetExhausted", message, transient: false } };
}

/** Why no key could be reserved in this pass, if so. */
export function refusedAllowance({ pass: { allowance } }: PresentView): Pause | undefined {
  return allowance === "granted" ? undefined : allowance;
}

/**
 * The pause after a mint that failed: a refusal is not repeated until it may have been lifted, and after unknown
 * outcomes each new attempt waits longer, so that an API that answers nobody is not asked for a key a minute.
 */
export function pauseOf(view: PresentView): Pause | undefined {
  const { mintPause, pass, timing } = view;
  if (pass.mint !== undefined)
    return { until: retryTime(view, pass.mint.problem), problem: pass.mint.problem };
  if (mintPause !== undefined && view.now < mintPause.until) return mintPause;
  const abandoned = view.object.status.abandoned.filter(
    ({ abandonedAt }) => view.now < abandonedAt + timing.abandonedRetention,
  );
  const last = Math.max(...abandoned.map((attempt) => attempt.abandonedAt));
  const until = last + Math.min(timing.longestPause, timing.settleTime * 2 ** (abandoned.length - 1));
  if (abandoned.length === 0 || view.now >= until) return undefined;
  const message = `${abandoned.length} attempts have had no certain outcome; the next one follows at ${new Date(until).toISOString()}`;
  return { until, problem: { reason: "ManagementAPIUnavailable", message, transient: true } };
}

function mintingVerdict(view: PresentView, attempt: Attempt): Verdict {
  return {
    ready: isDelivered(view),
    reason: "Minting",
    message: `attempt ${attempt.id} to ${attempt.op} a key is recorded (${attempt.reason})`,
    progress: "reconciling",
  };
}
