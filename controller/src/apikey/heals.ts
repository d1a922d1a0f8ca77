import { isHeal, type Attempt } from "@signatureapi-keys/lifecycle";

const HOUR = 3_600_000;

/** Remembers, for each ApiKey, when keys were made that nobody had asked for. It is lost with the process. */
export class Heals {
  readonly #times = new Map<string, readonly number[]>();

  /** Takes note of a key that was made. @param uid the ApiKey's; @param now milliseconds since the epoch. */
  note(uid: string, attempt: Attempt, now: number): void {
    if (isHeal(attempt.reason)) this.#times.set(uid, [...this.within(uid, now), now]);
  }

  /** The times within the last hour, oldest first. */
  within(uid: string, now: number): readonly number[] {
    return (this.#times.get(uid) ?? []).filter((time) => now < time + HOUR);
  }

  forget(uid: string): void {
    this.#times.delete(uid);
  }
}
