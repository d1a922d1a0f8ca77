import { type Decision, restOn } from "../decision.ts";
import { isGivenUp } from "../records/given-up.ts";
import { pinnedAccount } from "../records/pinned-account.ts";
import { isProblem, type Problem } from "../view/problem.ts";
import type { PresentView } from "../view/view.ts";

/**
 * Credentials that suddenly name another account change nothing in either of the two. Giving the object up by
 * annotation stays possible: it is the way out, and touches neither.
 */
export function pinAccount(view: PresentView): Decision | undefined {
  const accountId = pinnedAccount(view);
  const { usable } = view.account;
  if (isGivenUp(view)) return undefined;
  if (accountId === undefined || isProblem(usable) || usable.accountId === accountId) return undefined;
  const problem: Problem = {
    reason: "AccountChanged",
    message: `the ApiKey belongs to account ${accountId}, but its credentials now name account ${usable.accountId}; nothing is changed in either`,
    transient: false,
  };
  return restOn(view, problem);
}
