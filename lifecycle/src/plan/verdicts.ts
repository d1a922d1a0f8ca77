import type { RemoteKey } from "../evidence.ts";
import { parseTag } from "../tag.ts";
import type { Problem, StatusRecord, Verdict, View } from "./view.ts";

/** The verdict on an object that a problem keeps from being as declared; a delivered key stays Ready. */
export function problemVerdict(view: View, problem: Problem): Verdict {
  return {
    ready: isDelivered(view),
    reason: problem.reason,
    message: problem.message,
    progress: problem.transient ? "reconciling" : "stalled",
  };
}

/** Whether the recorded key's value stands in the Secret, so that its users are served whatever else is wrong. */
export function isDelivered(view: View): boolean {
  if (view.object.state === "gone" || view.object.deleting) return false;
  const { keyId, fingerprint } = view.object.status;
  const { secret } = view;
  return (
    keyId !== undefined &&
    secret.state === "present" &&
    fingerprint !== undefined &&
    secret.fingerprint === fingerprint
  );
}

/** Whether a status names a key, as the current one or as one that retires. */
export function isNamed(status: StatusRecord, keyId: string): boolean {
  return status.keyId === keyId || status.previous.some((retiring) => retiring.keyId === keyId);
}

/** Whether a status records a key: it names it, or an attempt under way is about it. */
export function recordsKey(status: StatusRecord, keyId: string): boolean {
  return isNamed(status, keyId) || status.attempt?.keyId === keyId;
}

/** The attempt that has made a key, as a status records it beside the key's ID. */
export function recordedAttempt(status: StatusRecord, keyId: string): string | undefined {
  if (status.keyId === keyId) return status.keyAttempt;
  return status.previous.find((retiring) => retiring.keyId === keyId)?.attempt;
}

/** The attempt that has made a key: as it is recorded, else as the key's tag says. */
export function attemptOf(status: StatusRecord, key: RemoteKey): string | undefined {
  return recordedAttempt(status, key.id) ?? parseTag(key.description)?.attempt;
}

/** When a problem is looked at again, in milliseconds since the epoch. */
export function retryTime(view: View, problem: Problem): number {
  return view.now + (problem.transient ? view.timing.retryAfterFailure : view.timing.retryAfterRefusal);
}

/** Whether two status records say the same. */
export function sameRecord(left: StatusRecord, right: StatusRecord): boolean {
  return isSame(left, right);
}

/** Whether two verdicts would give the same conditions. */
export function sameVerdict(left: Verdict | undefined, right: Verdict): boolean {
  return isSame(left, right);
}

/** Compares data; a field that is undefined is as good as none. */
function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const fields = new Map<string, unknown>(Object.entries(right));
  for (const [name, field] of Object.entries(left)) {
    if (!isSame(field, fields.get(name))) return false;
    fields.delete(name);
  }
  return [...fields.values()].every((field) => field === undefined);
}
