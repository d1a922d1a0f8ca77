import { isProblem } from "../view/problem.ts";
import type { PresentView } from "../view/view.ts";

/** A time that others can edit, held within what is possible. */
export function boundedTime(time: number | undefined, earliest: number, latest: number): number {
  return time === undefined || Number.isNaN(time) ? latest : Math.min(Math.max(time, earliest), latest);
}

/** The default of `spec.rotation.overlap`, in milliseconds. */
const DEFAULT_OVERLAP = 3_600_000;

/**
 * How long a replaced key lives on after the commit of the new one, in milliseconds. A spec that cannot be followed is not
 * taken for a licence to revoke a key that may be in use.
 */
export function overlapOf(view: PresentView): number {
  const { desired } = view.object;
  return isProblem(desired) ? DEFAULT_OVERLAP : desired.overlap;
}
