import { isProblem } from "../view/problem.ts";
import type { PresentView } from "../view/view.ts";
import { pinnedAccount } from "./pinned-account.ts";

/**
 * Whether a deleted object is given up by its annotation, whatever is in the way. Where its account works and does not
 * let keys be left active, there is nothing to give up: the keys are ended.
 */
export function isGivenUp(view: PresentView): boolean {
  const { object, account } = view;
  if (!object.deleting || !object.abandon) return false;
  const works = !isProblem(account.usable) && account.usable.accountId === pinnedAccount(view);
  return !(works && account.mayRetain === false);
}
