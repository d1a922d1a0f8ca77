import { isProblem } from "../view/problem.ts";
import type { PresentView } from "../view/view.ts";

/**
 * Whether the spec asks for nothing now, since it is suspended or cannot be followed. Then nothing is asked of the
 * account because of what the Secret claims, which its owner can write at will. It can wait: nothing is minted, so
 * no commit overwrites the Secret. What the status itself records goes on, and so does a deletion.
 */
export function isHalted({ object: { desired, deleting } }: PresentView): boolean {
  return !deleting && (isProblem(desired) || desired.suspend);
}
