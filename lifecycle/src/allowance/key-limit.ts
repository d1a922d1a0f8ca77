import { isAdoption, isEmergency, isSettled } from "../attempt.ts";
import type { Problem } from "../plan/view/problem.ts";
import type { StatusRecord } from "../plan/view/status.ts";
import type { Timing } from "../timing.ts";
import type { Refusal, Wanted } from "./wanted.ts";

/** A limit of the keys that a namespace may hold, and how far it is used. */
export interface KeyLimit {
  readonly namespace: string;
  /** The object that sets it, such as `ClusterAccount acme`. */
  readonly account: string;
  readonly maxKeys: number;
  /** Keys that exist, retiring ones included, and those of ApiKeys that are gone. */
  readonly used: number;
  /** Those of them whose ApiKey is gone without having been ended by the controller. */
  readonly left: number;
  /** When the first of the retiring ones is revoked, in milliseconds since the epoch. */
  readonly nextRevocation: number | undefined;
}

/**
 * How many keys an ApiKey holds in the vendor account, or may hold: an attempt without a certain outcome counts as one,
 * and so does a key that is being adopted.
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
 * Whether a key counts against a limit of keys. A roll makes none. A key that is replaced may live beside its
 * successor, once for each ApiKey: else a namespace at its limit could neither rotate nor heal. An emergency ends all
 * keys before it at once.
 *
 * @param held how many keys the ApiKey holds already.
 */
export function countsAgainstLimit({ op, reason }: Wanted, held: number): boolean {
  return op === "create" && !isEmergency(reason) && held !== 1;
}

/** Refuses a key that a limit does not allow any more. */
export function refuseBeyondLimit(limit: KeyLimit): Refusal | undefined {
  const { namespace, account, maxKeys, used, left, nextRevocation } = limit;
  if (used < maxKeys) return undefined;
  const next =
    nextRevocation === undefined
      ? ""
      : `; the next one is revoked at ${new Date(nextRevocation).toISOString()}`;
  const gone =
    left === 0
      ? ""
      : `; ${left} of them were left by ApiKeys that were deleted without the controller: revoke those in the vendor's dashboard (the condition UnaccountedKeys of the account names them)`;
  const message = `namespace ${namespace} has ${used} of the ${maxKeys} keys that ${account} allows it (maxKeys, retiring ones included)${next}${gone}; delete an ApiKey that is not needed, or have maxKeys raised`;
  const problem: Problem = { reason: "KeyLimitReached", message, transient: false };
  return nextRevocation === undefined ? { problem } : { problem, retryAt: nextRevocation };
}
