import type { Problem } from "../view/problem.ts";
import type { StatusRecord, Verdict } from "../view/status.ts";
import type { View } from "../view/view.ts";

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

/** When a problem is looked at again, in milliseconds since the epoch. */
export function retryTime(view: View, problem: Problem): number {
  return view.now + (problem.transient ? view.timing.retryAfterFailure : view.timing.retryAfterRefusal);
}

/** Whether two status records say the same. */
export function sameRecord(left: StatusRecord, right: StatusRecord): boolean {
  return isSame(left, right);
}

/** Whether two verdicts would give the same conditions: those of a key that works do not tell who has to act. */
export function sameVerdict(left: Verdict | undefined, right: Verdict): boolean {
  return isSame(left === undefined ? undefined : asReported(left), asReported(right));
}

function asReported({ progress, ...verdict }: Verdict): object {
  return { ...verdict, progress: verdict.ready ? progress === "settled" : progress };
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
