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

/** A write of the Secret that takes longer is taken for a slow one, in milliseconds: times in records are cut to this. */
const QUICK = 1_000;

/**
 * From when on Pods are surely given a value whose commit is recorded now, in milliseconds since the epoch. The record next
 * to the value was made before the value was there: where that is long ago, nobody knows how long the write took.
 */
export function servedTime({ now }: PresentView, committedAt: number): number {
  return now - committedAt < QUICK ? committedAt : now;
}
