/** Delays that double from `baseMs` up to `maxMs`. */
export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  /** The share of a delay that is random: 0.5 gives anything from half the delay to all of it. Default 0.5. */
  readonly jitter?: number | undefined;
  /** In [0, 1); default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** The delay after `failures` failures (0: the first delay), in milliseconds; never above `maxMs`. */
export function backoffDelay(options: BackoffOptions, failures: number): number {
  const { baseMs, maxMs, jitter = 0.5, random = Math.random } = options;
  // 2 ** 1024 is Infinity, which Math.min turns into maxMs.
  const full = Math.min(baseMs * 2 ** failures, maxMs);
  return full * (1 - jitter * random());
}

/** A backoff that remembers how often in a row something failed. */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** The next delay in milliseconds. */
  next(): number {
    return backoffDelay(this.#options, this.#failures++);
  }

  /** To be called after a success. */
  reset(): void {
    this.#failures = 0;
  }
}
