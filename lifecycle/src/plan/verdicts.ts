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

/** When a problem is looked at again, in milliseconds since the epoch. */
export function retryTime(view: View, problem: Problem): number {
  return view.now + (problem.transient ? view.timing.retryAfterFailure : view.timing.retryAfterRefusal);
}

/** Whether two status records say the same. */
export function sameRecord(left: StatusRecord, right: StatusRecord): boolean {
  return canonical(left) === canonical(right);
}

/** Whether two verdicts would give the same conditions. */
export function sameVerdict(left: Verdict | undefined, right: Verdict): boolean {
  return left !== undefined && canonical(left) === canonical(right);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
