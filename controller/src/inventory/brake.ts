import { dayLimit, sweepLimit } from "@signatureapi-keys/lifecycle";

const DAY = 86_400_000;

/**
 * Keeps an account from being minted anew because its keys seem to have vanished: a token of another account, a
 * vendor's incident, an attacker at work. It is asked once a sweep. Its memory of the day is lost with the process.
 */
export class VanishBrake {
  /** Keys whose loss was handed on to be healed, and when. */
  readonly #handed = new Map<string, number>();
  readonly #pardoned = new Set<string>();

  /**
   * Whether so many keys have vanished that an administrator must decide what follows.
   *
   * @param keyIds that one sweep has confirmed as gone, or as having another value.
   * @param recorded how many keys of the account are recorded.
   * @param now milliseconds since the epoch.
   */
  stops(keyIds: readonly string[], recorded: number, now: number): string | undefined {
    const fresh = keyIds.filter((keyId) => !this.#pardoned.has(keyId) && !this.#handed.has(keyId));
    if (fresh.length > sweepLimit(recorded)) {
      return `more than ${sweepLimit(recorded)} of ${recorded} keys vanished between two inventories`;
    }
    const today = new Set([...fresh, ...this.#today(now)]);
    if (today.size > dayLimit(recorded)) {
      return `${today.size} of ${recorded} keys vanished within a day`;
    }
    return undefined;
  }

  /** Takes note of keys whose loss is being healed. */
  note(keyIds: readonly string[], now: number): void {
    for (const keyId of keyIds)
      if (!this.#pardoned.has(keyId) && !this.#handed.has(keyId)) this.#handed.set(keyId, now);
  }

  /** An administrator has looked at these losses: they do not count any more, nor does what came before them. */
  pardon(keyIds: readonly string[]): void {
    for (const keyId of keyIds) this.#pardoned.add(keyId);
    this.#handed.clear();
  }

  #today(now: number): readonly string[] {
    for (const [keyId, at] of this.#handed) if (at + DAY <= now) this.#handed.delete(keyId);
    return [...this.#handed.keys()];
  }
}
