import { isProblem, type Problem, type Reason } from "@signatureapi-keys/lifecycle";
import { reportConditions, type Report } from "../resources/conditions.ts";
import type { Condition } from "../resources/schema.ts";
import type { VerifiedAccount } from "./verified-account.ts";

/** The conditions that say what was found of an account, without what an inventory adds. */
export function conditionsOf(state: VerifiedAccount | Problem): readonly Condition[] {
  return reportConditions([], reportOf(state), 0, new Date(0));
}

/** What the conditions of an account shall say of what was found. */
export function reportOf(state: VerifiedAccount | Problem): Report {
  if (!isProblem(state)) {
    const reason: Reason = "AccountReady";
    return {
      ready: { holds: true, reason, message: `the credentials of account ${state.accountId} are accepted` },
    };
  }
  const { reason, message, transient } = state;
  const type = transient ? "Reconciling" : "Stalled";
  return { ready: { holds: false, reason, message }, more: { type, reason, message } };
}
