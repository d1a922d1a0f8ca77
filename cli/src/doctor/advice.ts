import { REASONS, type Reason } from "@signatureapi-keys/lifecycle";

/** What to do about a reason of a condition: its advice, and where docs/reasons.md says more. */
export function adviceOn(reason: string): string {
  const page = `docs/reasons.md#${reason.toLowerCase()}`;
  return isReason(reason) ? `${REASONS[reason].advice} See ${page}` : `See ${page}`;
}

/** Whether a text is a reason of ours. */
export function isReason(text: string): text is Reason {
  return Object.hasOwn(REASONS, text);
}
