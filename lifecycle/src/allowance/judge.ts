import type { AbandonedAttempt } from "../attempt.ts";
import type { Pause } from "../plan/view/problem.ts";
import type { Timing } from "../timing.ts";
import { refuseBeyondBudgets, refuseBeyondOwnBudget, type MadeKey, type MintBudgets } from "./budgets.ts";
import { countsAgainstLimit, refuseBeyondLimit, type KeyLimit } from "./key-limit.ts";
import type { Refusal, Wanted } from "./wanted.ts";

/** What is known of the keys that were asked for, and of those that exist: the controller keeps a ledger of it. */
export interface AllowanceFacts {
  /** The pause after the last key that was refused, if it still concerns what is declared now. */
  readonly refused?: Pause | undefined;
  /** The attempts that the ApiKey's status lists as abandoned. */
  readonly abandoned: readonly AbandonedAttempt[];
  /** The keys that were made for the ApiKey within the last hour, oldest first. */
  readonly made: readonly MadeKey[];
  /** How many keys the ApiKey holds. */
  readonly held: number;
  /** The limits of its namespace: each must allow the key. */
  readonly limits: readonly KeyLimit[];
  /** The budgets of its namespace and of its account; undefined where nothing bounds them. */
  readonly budgets?: MintBudgets | undefined;
}

/**
 * May a key be minted now? The one rule: nothing that was refused is repeated before it may have been lifted, an API
 * without certain answers is asked less and less often, and neither an ApiKey, a namespace nor an account gets more
 * keys than its limits say.
 *
 * @param now milliseconds since the epoch.
 * @returns why not, or `undefined` where it may.
 */
export function judgeAllowance(
  wanted: Wanted,
  facts: AllowanceFacts,
  now: number,
  timing: Timing,
): Refusal | undefined {
  return (
    pauseAfterRefusal(facts, now) ??
    pauseAfterUnknown(facts, now, timing) ??
    refuseBeyondOwnBudget(facts.made, wanted, now) ??
    refuseByLimits(wanted, facts) ??
    (facts.budgets && refuseBeyondBudgets(facts.budgets, wanted, now))
  );
}

function pauseAfterRefusal({ refused }: AllowanceFacts, now: number): Refusal | undefined {
  if (refused === undefined || now >= refused.until) return undefined;
  return { problem: refused.problem, retryAt: refused.until };
}

/** After each attempt without a certain outcome the next one waits longer, up to `timing.longestPause`. */
function pauseAfterUnknown({ abandoned }: AllowanceFacts, now: number, timing: Timing): Refusal | undefined {
  const recent = abandoned.filter(
    ({ abandonedAt, refused }) => refused !== true && now < abandonedAt + timing.abandonedRetention,
  );
  if (recent.length === 0) return undefined;
  const last = Math.max(...recent.map(({ abandonedAt }) => abandonedAt));
  const retryAt = last + Math.min(timing.longestPause, timing.settleTime * 2 ** (recent.length - 1));
  if (now >= retryAt) return undefined;
  const message = `${recent.length} attempts have had no certain outcome; the next one follows at ${new Date(retryAt).toISOString()}`;
  return { problem: { reason: "ManagementAPIUnavailable", message, transient: true }, retryAt };
}

function refuseByLimits(wanted: Wanted, { held, limits }: AllowanceFacts): Refusal | undefined {
  if (!countsAgainstLimit(wanted, held)) return undefined;
  for (const limit of limits) {
    const refused = refuseBeyondLimit(limit);
    if (refused !== undefined) return refused;
  }
  return undefined;
}
