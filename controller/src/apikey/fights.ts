import { isFought, type MintReason, type SecretFights } from "@signatureapi-keys/lifecycle";

const HOUR_MS = 3_600_000;

interface Fight {
  readonly at: number;
  readonly writers: readonly string[];
}

/**
 * Remembers how often within the last hour a key was made because the value of an ApiKey's Secret was edited or lost, and
 * which field managers had set it then. Lost with the process, as the budgets are.
 */
export class FightMemory {
  readonly #byUid = new Map<string, readonly Fight[]>();

  /** A key was made. @param writers those besides us that had set the entry. @param now milliseconds since the epoch. */
  note(uid: string, reason: MintReason, writers: readonly string[], now: number): void {
    if (isFought(reason)) this.#byUid.set(uid, [...this.#within(uid, now), { at: now, writers }]);
  }

  of(uid: string, now: number): SecretFights {
    const fights = this.#within(uid, now);
    return { times: fights.length, writers: [...new Set(fights.flatMap(({ writers }) => writers))] };
  }

  forget(uid: string): void {
    this.#byUid.delete(uid);
  }

  #within(uid: string, now: number): readonly Fight[] {
    return (this.#byUid.get(uid) ?? []).filter(({ at }) => now - at < HOUR_MS);
  }
}
