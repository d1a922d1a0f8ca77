import type { Problem } from "../view/problem.ts";
import type { PresentView } from "../view/view.ts";
import { withRotation } from "./status-record.ts";

/**
 * With so many keys that retire, no schedule adds another one: each is a live key. The record beside the value names no
 * more than this either, the ones that were replaced last: whoever can edit a Secret can write a longer list.
 */
export const MOST_RETIRING = 50;

/** Whether so many keys retire that no schedule may add one. A user who asks for a key gets one all the same. */
export function hasTooManyRetiring({ object: { status } }: PresentView): boolean {
  return status.previous.length >= MOST_RETIRING;
}

/** What holds a scheduled rotation back that is due, because of the keys that retire. */
export function retiringProblem(view: PresentView): Problem | undefined {
  const { nextRotationAt } = withRotation(view);
  if (!hasTooManyRetiring(view) || nextRotationAt === undefined || view.now < nextRotationAt)
    return undefined;
  const { previous } = view.object.status;
  const message = `a rotation is due, but ${previous.length} previous keys are still active. The key is replaced when fewer than ${MOST_RETIRING} are: shorten spec.rotation.overlap, or wait`;
  return { reason: "TooManyRetiring", message, transient: true };
}
