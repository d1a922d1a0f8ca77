import { isProblem } from "../view/problem.ts";
import type { PresentView } from "../view/view.ts";

/** A time that others can edit, held within what is possible. */
export function boundedTime(time: number | undefined, earliest: number, latest: number): number {
  return time === undefined || Number.isNaN(time) ? latest : Math.min(Math.max(time, earliest), latest);
}

/** How long a replaced key lives on after the commit of the new one, in milliseconds. */
export function overlapOf(view: PresentView): number {
  const { desired } = view.object;
  return isProblem(desired) ? 0 : desired.overlap;
}
