import { adviceFor } from "../advice.ts";

/** What to do about a reason of a condition: its advice, and where docs/reasons.md says more. */
export function adviceOn(reason: string): string {
  const page = `docs/reasons.md#${reason.toLowerCase()}`;
  const advice = adviceFor(reason);
  return advice === undefined ? `See ${page}` : `${advice} See ${page}`;
}
