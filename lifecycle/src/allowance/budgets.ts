import { isEmergency, isHeal, type MintReason } from "../attempt.ts";
import type { Refusal, Wanted } from "./wanted.ts";

const HOUR = 3_600_000;
/** Each ApiKey with a key adds this many keys an hour to the budget of its namespace and account: a fleet may be rotated twice. */
const PER_API_KEY = 3;
/** How many unasked keys an hour are made for one ApiKey, and how many in emergencies. */
const OWN_BUDGET = 5;

/** A key that was made for an ApiKey. */
export interface MadeKey {
  readonly reason: MintReason;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** How many keys may be made within an hour, and were. */
export interface MintBudget {
  /** What it is the budget of, such as `namespace shop`. */
  readonly of: string;
  readonly flag: string;
  readonly budget: number;
  /** ApiKeys that hold a key. */
  readonly apiKeys: number;
  /** When keys were made, oldest first, in milliseconds since the epoch. */
  readonly made: readonly number[];
  /** Keys that are being asked for now. */
  readonly underWay: number;
}

/** How many keys a budget allows within an hour. */
export function mostWithinHour({ budget, apiKeys }: Pick<MintBudget, "budget" | "apiKeys">): number {
  return budget + PER_API_KEY * apiKeys;
}

/**
 * Refuses a key beyond a budget: what is created and deleted in a loop, or rotated in one, must not use up an account.
 * Emergencies are counted, and never refused here: a leaked key cannot wait.
 */
export function refuseBeyondBudget(budget: MintBudget, { reason }: Wanted, now: number): Refusal | undefined {
  if (isEmergency(reason)) return undefined;
  const most = mostWithinHour(budget);
  const made = withinHour(budget.made, now);
  if (made.length + budget.underWay < most) return undefined;
  const freed = made.at(-(most - budget.underWay)) ?? made.at(0);
  const retryAt = (freed ?? now) + HOUR;
  const message = `${made.length} keys were made within an hour for ${budget.of}, and ${most} are allowed (--${budget.flag}); find out what creates, deletes or rotates in a loop. The next key is made at ${new Date(retryAt).toISOString()}`;
  return { problem: { reason: "MintBudgetExhausted", message, transient: false }, retryAt };
}

/**
 * Refuses a key beyond what one ApiKey gets: two tools that fight over a Secret, or one that sets the annotation in a
 * loop, must not use up an account. Keys that heal and keys of emergencies are counted apart, so that neither keeps
 * back the other. A key that was asked for otherwise is not counted.
 *
 * @param made the keys that were made for the ApiKey, oldest first.
 */
export function refuseBeyondOwnBudget(
  made: readonly MadeKey[],
  { reason }: Wanted,
  now: number,
): Refusal | undefined {
  const counts = isHeal(reason) ? isHeal : isEmergency(reason) ? isEmergency : undefined;
  if (counts === undefined) return undefined;
  const times = made.filter((key) => counts(key.reason)).map(({ at }) => at);
  const oldest = withinHour(times, now).at(-OWN_BUDGET);
  if (oldest === undefined) return undefined;
  const retryAt = oldest + HOUR;
  const why = isHeal(reason)
    ? `because the Secret or the key was lost each time (now: ${reason}); find out who deletes or edits it`
    : "because the annotation signatureapi.com/rotate changed each time; find out who sets it, and if the key in use is not safe, revoke it in the vendor's dashboard";
  const message = `${OWN_BUDGET} keys were made within an hour ${why}; the next key is made at ${new Date(retryAt).toISOString()}`;
  return { problem: { reason: "MintBudgetExhausted", message, transient: false }, retryAt };
}

/** The times that are not older than an hour. */
export function withinHour(times: readonly number[], now: number): readonly number[] {
  return times.filter((time) => now < time + HOUR);
}
