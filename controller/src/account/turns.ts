import type { Pace } from "@signatureapi-keys/management-api";

/** When an ApiKey is to come again, in milliseconds since the epoch. */
export interface Turn {
  readonly at: number;
}

/** A turn that nobody has taken for so long was for an ApiKey that is gone, or needs no key any more. */
const FORGOTTEN_MS = 30_000;

/** Whoever has waited for a turn may wait so much longer at the limiter: else newer ones could go first again and again. */
const PATIENCE = 1.5;

/**
 * Who may go to a limiter for a key. A request for a key leaves soon after its attempt was recorded, or not at all: so no
 * attempt is recorded before the limiter can let its request go. Without that, most of a large number of ApiKeys would record
 * attempts that come to nothing, and the limit would go unused while they pause.
 *
 * Invariants: those that were admitted are no more than the limiter lets go within one and a half `lead`; first come, first
 * served, but for those who come later than their turn.
 */
export class Turns {
  readonly #pace: () => Pace;
  /** ApiKeys whose passes may ask for a key, by their UIDs. */
  readonly #admitted = new Set<string>();
  /** When others may come again, by their UIDs; about in the order of their turns. */
  readonly #waiting = new Map<string, number>();
  #last = 0;
  #asked = 0;

  /** @param pace what the limiter says now. */
  constructor(pace: () => Pace) {
    this.#pace = pace;
  }

  /**
   * Asks for a turn. @param lead how long a request should wait for the limiter at most, in milliseconds.
   *
   * @returns undefined where the pass may go on; else when to ask again.
   */
  ask(uid: string, now: number, lead: number): Turn | undefined {
    if (this.#admitted.has(uid)) return undefined;
    // A clock that was set back would have everybody wait until it has caught up.
    if (now < this.#asked) this.#beginAgain();
    this.#asked = now;
    this.#forgetOld(now);
    const mine = this.#waiting.get(uid);
    if (mine !== undefined && now < mine) return { at: mine };
    const { intervalMs, atOnce, backlogMs } = this.#pace();
    const wait = Math.max(backlogMs, (this.#admitted.size + 1 - atOnce) * intervalMs);
    const most = mine === undefined ? lead : lead * PATIENCE;
    if (wait <= most && (mine !== undefined || this.#waiting.size === 0)) {
      this.#waiting.delete(uid);
      this.#admitted.add(uid);
      return undefined;
    }
    const early = now + Math.max(0, wait - lead);
    // Who was here before does not go to the end again.
    const at = mine === undefined ? Math.max(this.#last, early) + intervalMs : early + intervalMs;
    this.#last = Math.max(this.#last, at);
    this.#waiting.delete(uid);
    this.#waiting.set(uid, at);
    return { at };
  }

  /** A pass has ended, whether or not it has asked for a key. */
  end(uid: string): void {
    this.#admitted.delete(uid);
  }

  #beginAgain(): void {
    this.#waiting.clear();
    this.#last = 0;
  }

  #forgetOld(now: number): void {
    for (const [uid, at] of this.#waiting) {
      if (at + FORGOTTEN_MS > now) return;
      this.#waiting.delete(uid);
    }
  }
}
