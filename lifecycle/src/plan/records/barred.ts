import type { PresentView } from "../view/view.ts";

/**
 * Whether the account allows this ApiKey no key, and has never given it one. Then nothing is asked of the account for
 * its sake: what its Secret claims is no reason, since its owner can write anything there.
 */
export function isBarred({ object, account }: PresentView): boolean {
  return object.status.installation === undefined && account.mintProblem?.reason === "NotAllowed";
}
