import { type Attempt, isAdoption, type MintReason } from "../../attempt.ts";
import { own } from "../../own.ts";
import { act, type Decision, restOn } from "../decision.ts";
import { askAllowance, standingProblem } from "../../allowance/ask.ts";
import { entryConflict } from "../records/entry-conflict.ts";
import { keyState } from "../records/key-state.ts";
import { mintReason } from "../records/mint-reason.ts";
import { rehearsal } from "../records/rehearsal.ts";
import { retainProblem } from "../records/retain-problem.ts";
import { isDelivered } from "../records/verdicts.ts";
import { nextRevision, pins } from "../records/write-ahead.ts";
import { cutText } from "../../text.ts";
import { endUnnamed } from "../recovery/leftovers.ts";
import type { DesiredKey } from "../view/desired.ts";
import { isProblem, type Problem } from "../view/problem.ts";
import type { StatusRecord, Verdict } from "../view/status.ts";
import type { PresentView } from "../view/view.ts";

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
  const op = isRoll(view, desired) === undefined ? "create" : "roll";
  const asked = askAllowance(view, { reason, op });
  if (asked !== undefined) return asked;
  if (!view.object.finalizer) return act({ kind: "add-finalizer" });
  const unnamed = reason === "KeyRevoked" ? endUnnamedBesideGone(view) : undefined;
  if (unnamed !== undefined) return unnamed;
  const rolled = rollOnlyOurs(view, desired);
  if (rolled !== undefined) return rolled;
  if (view.pass.preflight === "due") return act(rehearsal(view, newAttempt(view, desired, reason)));
  // A key that is in use is rotated and healed all the same; a first one waits until the policy is out of the way.
  const { shapeProblem } = view.pass;
  if (shapeProblem !== undefined && view.object.status.keyId === undefined) return restOn(view, shapeProblem);
  return attemptStep(view, desired, reason);
}

/** A key that was revoked is not listed any more, so that no inventory can have told its attempt's other keys. */
function endUnnamedBesideGone(view: PresentView): Decision | undefined {
  const { keyId = "" } = view.object.status;
  const gone = own(view.pass.remote, keyId);
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
  // What became of the key that was asked for is for the next pass to find out, by the records.
  if (view.pass.asked === attempt.id) return { verdict: undefined, requeueAt: view.now };
  if (attempt.op === "roll" && attempt.keyId !== undefined)
    return act({ kind: "roll", attempt, keyId: attempt.keyId });
  return act({ kind: "mint", attempt });
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
    message: `the test key ${keyId} is tagged for another owner, so it is not rolled`,
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
  return problem === undefined ? undefined : restOn(view, problem);
}

function problemOf(view: PresentView, desired: DesiredKey): Problem | undefined {
  const { secret, pass } = view;
  const standing = standingProblem(view, desired);
  if (standing !== undefined) return standing;
  if (secret.state === "present" && secret.owner !== "this")
    return secretConflict(desired, secret.owner === "other" ? secret.record?.keyId : undefined);
  const left = view.object.status.keyId === undefined ? retainProblem(view) : undefined;
  if (left !== undefined) return left;
  const taken = entryConflict(view);
  if (taken !== undefined) return taken;
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
      : `; if it was restored from a backup, spec.adopt with keyId ${cutText(keyId, { units: 64 })} takes it over`;
  const message = `Secret ${desired.secretName} exists and is not this ApiKey's; it was not touched and nothing was minted; delete or rename it, or declare another secret.name${restored}`;
  return { reason: "SecretConflict", message, transient: false };
}

function mintingVerdict(view: PresentView, attempt: Attempt): Verdict {
  return {
    ready: isDelivered(view),
    reason: "Minting",
    message: `attempt ${attempt.id} to ${attempt.op} a key is recorded (${attempt.reason})`,
    progress: "reconciling",
  };
}
