import { isEmergency, isHeal, type MintReason } from "../attempt.ts";
import type { Refusal, Wanted } from "./wanted.ts";

const HOUR = 3_600_000;
/** Each ApiKey with a key adds this many keys an hour to the budgets of its namespace and account: a fleet may be rotated twice. */
const PER_API_KEY = 3;
/** How many unasked keys an hour are made for one ApiKey, and how many in emergencies. */
const OWN_BUDGET = 5;

/** A key that was made for an ApiKey. */
export interface MadeKey {
  readonly reason: MintReason;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What a namespace has had of an account. */
export interface NamespaceMints {
  readonly namespace: string;
  /** ApiKeys of the namespace in the account that hold a key. */
  readonly apiKeys: number;
  /** When keys were made for it, oldest first, in milliseconds since the epoch. */
  readonly made: readonly number[];
  /** Keys that are being asked for now. */
  readonly underWay: number;
}

/** What all namespaces have had of an account, and what is theirs in an hour besides what their ApiKeys add. */
export interface MintBudgets {
  readonly accountId: string;
  /** Keys an hour for each namespace. */
  readonly namespaceBudget: number;
  /** Keys an hour that the namespaces of the account share. */
  readonly accountBudget: number;
  /** The namespace that asks. */
  readonly own: NamespaceMints;
  readonly others: readonly NamespaceMints[];
}

/**
 * Refuses a key beyond a budget: what is created and deleted in a loop, or rotated in one, must not use up an account.
 * Emergencies are counted, and never refused here: a leaked key cannot wait.
 */
export function refuseBeyondBudgets(
  budgets: MintBudgets,
  { reason }: Wanted,
  now: number,
): Refusal | undefined {
  if (isEmergency(reason)) return undefined;
  return refuseBeyondNamespace(budgets, now) ?? refuseBeyondAccount(budgets, now);
}

function refuseBeyondNamespace({ own, namespaceBudget }: MintBudgets, now: number): Refusal | undefined {
  const most = namespaceBudget + ownPart(own);
  const made = withinHour(own.made, now);
  if (made.length + own.underWay < most) return undefined;
  const freed = made.at(-(most - own.underWay)) ?? made.at(0);
  const retryAt = (freed ?? now) + HOUR;
  const message = `${made.length} keys were made within an hour for namespace ${own.namespace}, and ${most} are allowed (--namespace-mint-budget); ${lookFor(retryAt)}`;
  return { problem: { reason: "MintBudgetExhausted", message, transient: false }, retryAt };
}

/**
 * What its ApiKeys add to an account's budget is a namespace's own: no other one uses it up. Only what goes beyond that
 * comes out of what all of them share.
 */
function refuseBeyondAccount(budgets: MintBudgets, now: number): Refusal | undefined {
  const { accountId, accountBudget, own } = budgets;
  if (beyondOwnPart(own, now, 1) === 0) return undefined;
  const shared = usedOfShared(budgets, now);
  if (shared < accountBudget) return undefined;
  const retryAt = whenFreed(budgets, shared, now);
  const message = `namespace ${own.namespace} has used up its own ${ownPart(own)} keys an hour of account ${accountId}, and the ${accountBudget} that all namespaces share are used up too (--account-mint-budget); ${lookFor(retryAt)}`;
  return { problem: { reason: "MintBudgetExhausted", message, transient: false }, retryAt };
}

/** How much of a budget was used within the last hour, and how much it allows. */
export interface BudgetUse {
  readonly used: number;
  readonly most: number;
}

/** How much is used of the budget of each namespace, and of what all namespaces of the account share. */
export function budgetUse(
  budgets: MintBudgets,
  now: number,
): {
  readonly namespaces: readonly (BudgetUse & { readonly namespace: string })[];
  readonly account: BudgetUse;
} {
  const { own, others, namespaceBudget, accountBudget } = budgets;
  return {
    namespaces: [own, ...others].map((mints) => ({
      namespace: mints.namespace,
      used: withinHour(mints.made, now).length,
      most: namespaceBudget + ownPart(mints),
    })),
    account: { used: usedOfShared(budgets, now), most: accountBudget },
  };
}

function usedOfShared({ own, others }: MintBudgets, now: number): number {
  return [own, ...others].reduce((sum, each) => sum + beyondOwnPart(each, now), 0);
}

function ownPart({ apiKeys }: NamespaceMints): number {
  return PER_API_KEY * apiKeys;
}

/** How many keys of a namespace come out of what all share. @param more keys that are counted besides. */
function beyondOwnPart(mints: NamespaceMints, now: number, more = 0): number {
  return Math.max(0, withinHour(mints.made, now).length + mints.underWay + more - ownPart(mints));
}

/** When the next key fits: as soon as enough of what all share is an hour old, or enough of the namespace's own. */
function whenFreed({ accountBudget, own, others }: MintBudgets, shared: number, now: number): number {
  const freed = [own, ...others]
    .flatMap((each) => withinHour(each.made, now).slice(0, beyondOwnPart(each, now)))
    .toSorted((left, right) => left - right);
  const times = [freed.at(shared - accountBudget), withinHour(own.made, now).at(beyondOwnPart(own, now))];
  return Math.min(...times.map((time) => time ?? now)) + HOUR;
}

function lookFor(retryAt: number): string {
  return `find out what creates, deletes or rotates in a loop. The next key is made at ${new Date(retryAt).toISOString()}`;
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
    : "because the annotation signatureapi.com/emergency-rotate changed each time; find out who sets it, and if the key in use is not safe, revoke it in the vendor's dashboard";
  const message = `${OWN_BUDGET} keys were made within an hour ${why}; the next key is made at ${new Date(retryAt).toISOString()}`;
  return { problem: { reason: "MintBudgetExhausted", message, transient: false }, retryAt };
}

/** The times that are not older than an hour. */
export function withinHour(times: readonly number[], now: number): readonly number[] {
  return times.filter((time) => now < time + HOUR);
}
