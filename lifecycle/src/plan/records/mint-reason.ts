import type { Attempt, MintReason } from "../../attempt.ts";
import { overdueKeys } from "../rollouts/hold.ts";
import type { DesiredKey } from "../view/desired.ts";
import { type StatusRecord, UNTIL_REPLACED } from "../view/status.ts";
import type { PresentView } from "../view/view.ts";
import { knownEmergency, obeyedRotate, obeyedTrigger } from "./commit-record.ts";
import { isRolled, keyState } from "./key-state.ts";
import { hasTooManyRetiring } from "./retiring-limit.ts";
import { withRotation } from "./status-record.ts";

/** Why a key is due, or `undefined` while the one there is as declared. */
export function mintReason(view: PresentView, desired: DesiredKey): MintReason | undefined {
  const { status } = view.object;
  const { secret, pass } = view;
  // What was begun goes on, also where its window closes behind it.
  if (status.attempt !== undefined && status.attempt.id === pass.ownAttempt) return status.attempt.reason;
  if (status.keyId === undefined) return "Declared";
  // Before all healing: what that replaces retires after the overlap, and here nothing may.
  if (desired.emergency !== undefined && !isObeyed(desired.emergency, knownEmergency(view)))
    return "RotationForced";
  if (secret.state === "absent") return "SecretLost";
  if (secret.state === "present" && secret.fingerprint !== status.fingerprint) return "SecretEdited";
  const key = keyState(view, status.keyId);
  if (key.state === "gone") return "KeyRevoked";
  if (key.state === "ours" && isRolled(view, key.key)) return "KeyRolled";
  const cutOff = cutOffRoll(status);
  if (cutOff !== undefined) return cutOff.reason;
  if (isAsked(desired.trigger, obeyedTrigger(view)) || isAsked(desired.rotate, obeyedRotate(view)))
    return "RotationTriggered";
  // What a restore has revived lives until a replacement is committed, and nothing else may call for one.
  if (status.previous.some(({ revokeAt }) => revokeAt === UNTIL_REPLACED)) return "AttemptRevived";
  // As declared now: what is on record may be from before an edit.
  const { nextRotationAt } = withRotation(view);
  const due = nextRotationAt !== undefined && view.now >= nextRotationAt;
  // A schedule does not pile up keys behind one that Pods may still use; whoever asks for a key gets one.
  if (due && overdueKeys(view).length === 0 && !hasTooManyRetiring(view)) return "RotationDue";
  return undefined;
}

/** Whether a text asks for a rotation that was not obeyed yet: no record of it is not a change. */
function isAsked(declared: string | undefined, obeyed: string | undefined): boolean {
  return declared !== undefined && obeyed !== undefined && declared !== obeyed;
}

/**
 * Whether the emergency on record is the declared one. Earlier versions cut it inside of a character, which came back as
 * another one at its end.
 */
function isObeyed(declared: string, recorded: string): boolean {
  if (declared === recorded) return true;
  const [left, right] = [declared, recorded].map((text) => text.replace(/\uFFFD+$/, ""));
  return right !== "" && left === right;
}

/** A roll that was never committed may have killed the value that stands in the Secret: it is rolled again. */
function cutOffRoll(status: StatusRecord): Attempt | undefined {
  return status.abandoned.find(
    ({ op, keyId, revision }) => op === "roll" && keyId === status.keyId && revision > status.revision,
  );
}
