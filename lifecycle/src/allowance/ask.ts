import { act, type Decision } from "../plan/decision.ts";
import { problemVerdict } from "../plan/records/verdicts.ts";
import type { DesiredKey } from "../plan/view/desired.ts";
import { isProblem, type Pause, type Problem } from "../plan/view/problem.ts";
import type { PresentView } from "../plan/view/view.ts";
import type { Wanted } from "./wanted.ts";

/** Why the ApiKey gets no key whatever the time, and whatever its Secret says. */
export function standingProblem(view: PresentView, desired: DesiredKey): Problem | undefined {
  const { account } = view;
  if (view.object.namespaceTerminating) {
    return {
      reason: "Deleting",
      message: "the namespace is being deleted: nothing is minted in it",
      transient: false,
    };
  }
  if (desired.suspend) {
    return { reason: "Suspended", message: "spec.suspend is true: no key is minted", transient: false };
  }
  if (isProblem(account.usable)) return account.usable;
  return account.mintProblem;
}

/** The refusal that this pass has met, if so: of its reservation, or of its request. */
export function refusedAllowance({ pass: { allowance } }: PresentView): Pause | undefined {
  return allowance === "granted" ? undefined : allowance;
}

/**
 * Asks once in a pass whether the key may be minted: the step `reserve-key`, which `judgeAllowance` answers. A refusal
 * ends the pass. `undefined` where the key may be asked for, or is under way already.
 */
export function askAllowance(view: PresentView, { reason, op }: Wanted): Decision | undefined {
  const refused = refusedAllowance(view);
  if (refused !== undefined) {
    const verdict = refused.isQuiet === true ? undefined : problemVerdict(view, refused.problem);
    return { verdict, requeueAt: refused.until };
  }
  const { allowance, ownAttempt } = view.pass;
  if (allowance === "granted" || ownAttempt !== undefined) return undefined;
  return act({ kind: "reserve-key", reason, op });
}
