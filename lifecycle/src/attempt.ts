import type { RemoteKey } from "./evidence.ts";
import { parseTag } from "./tag.ts";
import type { Timing } from "./timing.ts";

/** What an attempt asks the vendor for: a new key, a new value for a key, or the taking over of a key. */
type AttemptOp = "create" | "roll" | "adopt";

/** Why a key is minted; it stands in events, the audit log and metrics. */
export const MINT_REASONS = [
  "Declared",
  "SecretLost",
  "SecretEdited",
  "KeyRevoked",
  "KeyRolled",
  "AttemptRevived",
  "RotationDue",
  "RotationTriggered",
  "RotationForced",
  "Adopted",
] as const;

/** One of {@link MINT_REASONS}. */
export type MintReason = (typeof MINT_REASONS)[number];

const HEALS: ReadonlySet<MintReason> = new Set([
  "SecretLost",
  "SecretEdited",
  "KeyRevoked",
  "KeyRolled",
  "AttemptRevived",
]);

/** Whether this reason takes the overlap from all that retires: the old value may be in wrong hands. */
export function isEmergency(reason: MintReason): boolean {
  return reason === "RotationForced";
}

/** Whether a key is made for this reason because another hand has changed the Secret. */
export function isFought(reason: MintReason): boolean {
  return reason === "SecretEdited" || reason === "SecretLost";
}

/** Whether a key is made for this reason although nobody asked for one: it replaces what was lost. */
export function isHeal(reason: MintReason): boolean {
  return HEALS.has(reason);
}

/** The durable record that is written before a key is asked for: the lock, and the trace of what it may leave. */
export interface Attempt {
  readonly id: string;
  readonly op: AttemptOp;
  /** The key that a roll or an adoption is about. */
  readonly keyId?: string;
  readonly revision: number;
  /** When the record was written, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly reason: MintReason;
  /** The key's description before an adoption, whole: what an adoption that is undone puts back. */
  readonly description?: string;
  /** When an adoption has put its tag on, in milliseconds since the epoch: the settle time counts from here. */
  readonly taggedAt?: number;
}

/** Whether an attempt is an adoption, or the roll with which one ends: it is undone, and its key never revoked. */
export function isAdoption(attempt: Attempt): attempt is Attempt & { description: string; keyId: string } {
  return attempt.description !== undefined && attempt.keyId !== undefined;
}

/** An attempt whose outcome its writer no longer follows. */
export interface AbandonedAttempt extends Attempt {
  readonly abandonedAt: number;
  /**
   * How many complete listings, a settle time apart, have looked for its keys; two settle it. For an adoption, one
   * look at its key, after the settle time, that showed it without the adoption's tag.
   */
  readonly listings: number;
  /** When the last of these listings was begun. */
  readonly listedAt?: number;
  /**
   * Set where its own writer gave it up, who knows that the value was delivered to nobody. Whoever takes an attempt over
   * from another cannot know that.
   */
  readonly undelivered?: true;
  /**
   * Set where its request was answered by a refusal. Nothing is waited for before the next attempt; but something on the
   * way may have repeated a request that took effect, so that the inventory ends what it has left all the same.
   */
  readonly refused?: true;
  /** The hints of the keys that they showed: what tells a value of the attempt when those are revoked. */
  readonly hints?: readonly string[];
}

/**
 * Whether the attempt no longer keeps its owner from a new one: two complete listings have looked for what a
 * create left; a roll leaves no second key, so only its late effect is waited out; an adoption has been undone. One
 * that was refused never does.
 */
export function isSettled(attempt: AbandonedAttempt, now: number, timing: Timing): boolean {
  if (attempt.refused === true) return true;
  if (isAdoption(attempt)) return attempt.listings >= 1;
  return attempt.op === "create" ? attempt.listings >= 2 : now >= attempt.abandonedAt + timing.settleTime;
}

/**
 * Whether an abandoned attempt may have been revived by a restore of etcd: whoever recovers in time abandons it
 * soon after its lifetime, so one of this age may have been committed, and then forgotten by the restore. A writer that
 * was frozen for as long, and then gives up what it has minted, says that it was not.
 */
export function isRevived(attempt: AbandonedAttempt, timing: Timing): boolean {
  return attempt.undelivered !== true && attempt.abandonedAt - attempt.startedAt > timing.revivedAfter;
}

/** When a recovery may take an attempt over: its writer's deadlines have all passed by then. */
export function takeoverTime({ startedAt, taggedAt }: Attempt, timing: Timing): number {
  const begun = taggedAt === undefined ? startedAt : taggedAt + timing.settleTime;
  return begun + timing.attemptLifetime;
}

/** When the next listing for an abandoned attempt may begin. */
export function nextListingTime(attempt: AbandonedAttempt, timing: Timing): number {
  return attempt.listedAt === undefined ? attempt.abandonedAt : attempt.listedAt + timing.settleTime;
}

/**
 * Whether a key is one that the attempt left behind: its tag names the attempt, and it was created within the
 * attempt's time. A copied description on a key made earlier or later proves nothing.
 */
export function isLeftBy(key: RemoteKey, attempt: Attempt, timing: Timing): boolean {
  const tag = parseTag(key.description);
  if (tag?.attempt !== attempt.id || attempt.op !== "create") return false;
  return isMadeDuring(attempt, key.createdAt, timing);
}

/** The attempt of these that has left a key behind. */
export function attemptThatLeft<Of extends Attempt>(
  key: RemoteKey,
  attempts: readonly Of[],
  timing: Timing,
): Of | undefined {
  return attempts.find((attempt) => isLeftBy(key, attempt, timing));
}

/** Whether a key was created within an attempt's time, as far as clocks agree. */
export function isMadeDuring({ startedAt }: Attempt, createdAt: number, timing: Timing): boolean {
  const earliest = startedAt - timing.clockTolerance;
  const latest = startedAt + timing.attemptLifetime + timing.clockTolerance;
  return createdAt >= earliest && createdAt <= latest;
}
