import { isEmergency, isHeal, type Attempt, type MintReason } from "@signatureapi-keys/lifecycle";

const HOUR = 3_600_000;

interface Made {
  readonly reason: MintReason;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Remembers, for each ApiKey, when keys were made whose number is bounded: those that nobody had asked for, and those
 * of emergencies. It is lost with the process.
 */
export class BoundedMints {
  readonly #made = new Map<string, readonly Made[]>();

  /** Takes note of a key that was made. @param uid the ApiKey's; @param now milliseconds since the epoch. */
  note(uid: string, { reason }: Attempt, now: number): void {
    if (!isHeal(reason) && !isEmergency(reason)) return;
    this.#made.set(uid, [...this.#within(uid, now), { reason, at: now }]);
  }

  /** The times of keys that nobody had asked for, within the last hour, oldest first. */
  heals(uid: string, now: number): readonly number[] {
    return this.#times(uid, now, isHeal);
  }

  /** The times of keys of emergencies, likewise. */
  emergencies(uid: string, now: number): readonly number[] {
    return this.#times(uid, now, isEmergency);
  }

  forget(uid: string): void {
    this.#made.delete(uid);
  }

  #times(uid: string, now: number, counts: (reason: MintReason) => boolean): readonly number[] {
    return this.#within(uid, now)
      .filter(({ reason }) => counts(reason))
      .map(({ at }) => at);
  }

  #within(uid: string, now: number): readonly Made[] {
    return (this.#made.get(uid) ?? []).filter(({ at }) => now < at + HOUR);
  }
}
