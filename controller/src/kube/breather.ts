import { setImmediate } from "node:timers/promises";
import type { Clock } from "./clock.ts";

/** Far below what a lease or a probe can wait. */
const LONGEST_MS = 20;

/**
 * Breaks up long work in one process, so that timers and connections get their turn: a burst of events must not cost the
 * lease its renewal.
 */
export class Breather {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #longestMs: number;
  #since: number;

  /** @param longestMs milliseconds of work without a pause */
  constructor(clock: Pick<Clock, "monotonic">, longestMs = LONGEST_MS) {
    this.#clock = clock;
    this.#longestMs = longestMs;
    this.#since = clock.monotonic();
  }

  /** Whether the last pause was long ago. */
  get due(): boolean {
    return this.#clock.monotonic() - this.#since >= this.#longestMs;
  }

  /** Resolves after everything that is waiting has had its turn. */
  async pause(): Promise<void> {
    await setImmediate();
    this.#since = this.#clock.monotonic();
  }
}
