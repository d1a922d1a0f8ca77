import { isClaimed } from "../../evidence.ts";
import { problemVerdict } from "../verdicts.ts";
import { isProblem, type Problem } from "../view.ts";
import { restOn, type Decision, type PresentView } from "./policy.ts";

/** One installation per ApiKey: another one's is left alone, down to its conditions. */
export function leaveToAnother(view: PresentView): Decision | undefined {
  const { installation } = view.object.status;
  if (installation === undefined || isClaimed(installation, view)) return undefined;
  const problem: Problem = {
    reason: "ManagedByAnother",
    message: `installation ${installation} manages this ApiKey, and this one (${view.installation}) leaves it alone; if it has moved here, start the controller with --previous-installations ${installation}`,
    transient: false,
  };
  return { verdict: problemVerdict(view, problem), requeueAt: undefined };
}

/** A step failed for good in this pass: say so, and try again later. */
export function restAfterFailure(view: PresentView): Decision | undefined {
  const { failure } = view.pass;
  if (failure === undefined) return undefined;
  return restOn(view, failure);
}

/** The Secret could not be put right: an admission policy is in the way, or it is immutable. */
export function reportShape(view: PresentView): Decision | undefined {
  const { shapeProblem } = view.pass;
  if (shapeProblem === undefined) return undefined;
  return restOn(view, shapeProblem);
}

/** A spec that cannot be followed is refused before anything is minted. */
export function refuseInvalid(view: PresentView): Decision | undefined {
  const { desired } = view.object;
  if (isProblem(desired)) return { verdict: problemVerdict(view, desired), requeueAt: undefined };
  if (view.secretClaimedBy === undefined) return undefined;
  const problem: Problem = {
    reason: "SecretConflict",
    message: `ApiKey ${view.secretClaimedBy} already writes Secret ${desired.secretName}; declare another secret.name`,
    transient: false,
  };
  return restOn(view, problem);
}

/**
 * Credentials that suddenly name another account change nothing in either of the two. Giving the object up by
 * annotation stays possible: it is the way out, and touches neither.
 */
export function pinAccount(view: PresentView): Decision | undefined {
  const accountId = pinnedAccount(view);
  const { usable } = view.account;
  if (view.object.deleting && view.object.abandon) return undefined;
  if (accountId === undefined || isProblem(usable) || usable.accountId === accountId) return undefined;
  const problem: Problem = {
    reason: "AccountChanged",
    message: `the ApiKey belongs to account ${accountId}, but its credentials now name account ${usable.accountId}; nothing is changed in either`,
    transient: false,
  };
  return restOn(view, problem);
}

/** The account that status and Secret agree on from the first key on; the Secret speaks where a status was lost. */
export function pinnedAccount(view: PresentView): string | undefined {
  const { secret } = view;
  const beside = secret.state === "present" && secret.owner === "this" ? secret.record : undefined;
  return view.object.status.accountId ?? beside?.accountId;
}
