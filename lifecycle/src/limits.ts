import { isAdoption, isEmergency, isSettled, type MintReason } from "./attempt.ts";
import type { Timing } from "./timing.ts";
import type { Problem } from "./plan/view/problem.ts";
import type { StatusRecord } from "./plan/view/status.ts";

const HOUR = 3_600_000;
/** So many keys an hour each ApiKey adds to the budget of its namespace and account: a fleet may be rotated twice. */
const PER_API_KEY = 3;

/** A key that is wanted. */
export interface Wanted {
  readonly reason: MintReason;
  readonly op: "create" | "roll";
}

/** Why a key is not asked for now. */
export interface Refusal {
  readonly problem: Problem;
  /** When it is worth asking again, in milliseconds since the epoch; without it, nobody can say. */
  readonly retryAt?: number;
}

/**
 * How many keys an ApiKey holds at the vendor's, or may hold: an attempt without a certain outcome counts as one, and so
 * does a key that is being adopted.
 */
export function countKeys(status: StatusRecord, now: number, timing: Timing): number {
  const current = status.keyId === undefined ? 0 : 1;
  const begun = status.attempt;
  const pending = begun !== undefined && (begun.op === "create" || isAdoption(begun)) ? 1 : 0;
  const unsettled = status.abandoned.filter(
    (attempt) => attempt.op === "create" && !isSettled(attempt, now, timing),
  );
  return current + status.previous.length + pending + unsettled.length;
}

/**
 * Whether a key needs room under a limit of keys. A roll makes none. A key that is replaced may stand beside its
 * successor, once for each ApiKey: else a namespace at its limit could neither rotate nor heal. An emergency ends all
 * keys before it at once.
 *
 * @param held how many keys the ApiKey holds already.
 */
export function needsRoom({ op, reason }: Wanted, held: number): boolean {
  return op === "create" && !isEmergency(reason) && held !== 1;
}

/** A limit of the keys that a namespace may hold, and how far it is used. */
export interface KeyLimit {
  readonly namespace: string;
  /** The object that sets it, such as `ClusterAccount acme`. */
  readonly account: string;
  readonly maxKeys: number;
  /** Keys that there are, retiring ones included. */
  readonly used: number;
  /** When the first of the retiring ones is revoked. */
  readonly nextRevocation: number | undefined;
}

/** Refuses a key that a limit has no room for. */
export function refuseBeyondLimit(limit: KeyLimit): Refusal | undefined {
  const { namespace, account, maxKeys, used, nextRevocation } = limit;
  if (used < maxKeys) return undefined;
  const next =
    nextRevocation === undefined
      ? ""
      : `; the next one is revoked at ${new Date(nextRevocation).toISOString()}`;
  const message = `namespace ${namespace} has ${used} of the ${maxKeys} keys that ${account} allows it (maxKeys, retiring ones included)${next}; delete an ApiKey that is not needed, or have maxKeys raised`;
  const problem: Problem = { reason: "KeyLimitReached", message, transient: false };
  return nextRevocation === undefined ? { problem } : { problem, retryAt: nextRevocation };
}

/** How many keys may be made within an hour, and were. */
export interface MintBudget {
  /** What it is the budget of, such as `namespace shop`. */
  readonly of: string;
  readonly flag: string;
  readonly budget: number;
  /** ApiKeys that there are. */
  readonly apiKeys: number;
  /** When keys were made, oldest first, in milliseconds since the epoch. */
  readonly made: readonly number[];
  /** Keys that are being asked for now. */
  readonly underWay: number;
}

/**
 * Refuses a key beyond a budget: what is created and deleted in a loop, or rotated in one, must not use up an account.
 * Emergencies are counted, and never refused here: a leaked key cannot wait.
 */
export function refuseBeyondBudget(budget: MintBudget, { reason }: Wanted, now: number): Refusal | undefined {
  if (isEmergency(reason)) return undefined;
  const most = budget.budget + PER_API_KEY * budget.apiKeys;
  const made = withinHour(budget.made, now);
  if (made.length + budget.underWay < most) return undefined;
  const freed = made.at(-(most - budget.underWay)) ?? made.at(0);
  const retryAt = (freed ?? now) + HOUR;
  const message = `${made.length} keys were made within an hour for ${budget.of}, and ${most} are allowed (--${budget.flag}); find out what creates, deletes or rotates in a loop; the next key is made at ${new Date(retryAt).toISOString()}`;
  return { problem: { reason: "MintBudgetExhausted", message, transient: false }, retryAt };
}

/** The times that are not older than an hour. */
export function withinHour(times: readonly number[], now: number): readonly number[] {
  return times.filter((time) => now < time + HOUR);
}
