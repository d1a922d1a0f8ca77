import type { RemoteKey } from "../evidence.ts";
import type { StatusRecord } from "../plan/view/status.ts";
import type { Timing } from "../timing.ts";

/** A recorded key that the vendor seems not to have any more, or not with the value that was committed. */
export interface KeyDrift {
  readonly keyId: string;
  /** `missing`: not in the listing. `rolled`: listed with another hint than the committed value's. */
  readonly why: "missing" | "rolled";
}

/**
 * Compares the key that a status records with a complete listing. A listing may lag behind, so a key that is younger
 * than the settle time is not judged; and it proves nothing by itself: a GET by ID has to confirm it.
 *
 * @param startedAt when the listing began, in milliseconds since the epoch.
 */
export function keyDriftOf(
  status: StatusRecord,
  listing: { readonly startedAt: number; readonly keys: ReadonlyMap<string, RemoteKey> },
  timing: Timing,
): KeyDrift | undefined {
  const { keyId, attempt, hint } = status;
  // What an attempt is about to change is judged by the next listing.
  if (keyId === undefined || attempt !== undefined) return undefined;
  const newest = Math.max(status.createdAt ?? 0, status.lastRotatedAt ?? 0);
  if (newest + timing.settleTime > listing.startedAt) return undefined;
  const key = listing.keys.get(keyId);
  if (key === undefined || key.status === "revoked") return { keyId, why: "missing" };
  return hint !== undefined && key.hint !== hint ? { keyId, why: "rolled" } : undefined;
}

/** At least this many keys may vanish before an account is stalled. */
const FEW = 3;
const SHARE_OF_SWEEP = 0.1;
const SHARE_OF_DAY = 0.25;

/** How many of an account's recorded keys may be replaced because one sweep found them gone. */
export function sweepLimit(recorded: number): number {
  return Math.max(FEW, Math.floor(recorded * SHARE_OF_SWEEP));
}

/** How many may be replaced within a day: a slow loss must not mint a fleet anew either. */
export function dayLimit(recorded: number): number {
  return Math.max(2 * FEW, Math.floor(recorded * SHARE_OF_DAY));
}
