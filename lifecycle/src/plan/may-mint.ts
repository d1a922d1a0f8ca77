import { isEmergency, isHeal, type MintReason } from "../attempt.ts";
import { retryTime } from "./records/verdicts.ts";
import type { DesiredKey } from "./view/desired.ts";
import { isProblem, type Pause, type Problem } from "./view/problem.ts";
import type { PresentView } from "./view/view.ts";

/** Why nothing may be done for this ApiKey that gives it a key, whatever its Secret says. */
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

/** Why no key could be reserved in this pass, if so. */
export function refusedAllowance({ pass: { allowance } }: PresentView): Pause | undefined {
  return allowance === "granted" ? undefined : allowance;
}

/**
 * The pause after a mint that failed: a refusal is not repeated until it may have been lifted, and after unknown
 * outcomes each new attempt waits longer, so that an API that answers nobody is not asked for a key a minute.
 */
export function pauseOf(view: PresentView): Pause | undefined {
  const { mintPause, pass, timing } = view;
  if (pass.mint !== undefined)
    return { until: retryTime(view, pass.mint.problem), problem: pass.mint.problem };
  if (mintPause !== undefined && view.now < mintPause.until) return mintPause;
  const abandoned = view.object.status.abandoned.filter(
    ({ abandonedAt }) => view.now < abandonedAt + timing.abandonedRetention,
  );
  const last = Math.max(...abandoned.map((attempt) => attempt.abandonedAt));
  const until = last + Math.min(timing.longestPause, timing.settleTime * 2 ** (abandoned.length - 1));
  if (abandoned.length === 0 || view.now >= until) return undefined;
  const message = `${abandoned.length} attempts have had no certain outcome; the next one follows at ${new Date(until).toISOString()}`;
  return { until, problem: { reason: "ManagementAPIUnavailable", message, transient: true } };
}

const HOUR = 3_600_000;

/** How many keys an hour are made for one ApiKey that nobody has asked for, and how many in emergencies. */
const KEYS_PER_HOUR = 5;

/**
 * Two tools that fight over a Secret, or one that sets the annotation in a loop, must not use up an account: both
 * are bounded, and then wait; each by itself, so that neither stands in the way of the other.
 */
export function budgetPause(view: PresentView, reason: MintReason): Pause | undefined {
  const { heals = [], emergencies = [], now, pass } = view;
  const spent = isHeal(reason) ? heals : isEmergency(reason) ? emergencies : [];
  const oldest = spent.filter((time) => now < time + HOUR).at(-KEYS_PER_HOUR);
  if (pass.ownAttempt !== undefined || oldest === undefined) return undefined;
  const until = oldest + HOUR;
  const why = isHeal(reason)
    ? `because the Secret or the key was lost each time (now: ${reason}); find out who deletes or edits it`
    : "because the annotation signatureapi.com/rotate changed each time; find out who sets it, and if the key in use is not safe, revoke it in the vendor's dashboard";
  const message = `${KEYS_PER_HOUR} keys were made within an hour ${why}; the next key is made at ${new Date(until).toISOString()}`;
  return { until, problem: { reason: "MintBudgetExhausted", message, transient: false } };
}
