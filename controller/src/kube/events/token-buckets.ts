interface Bucket {
  tokens: number;
  at: number;
}

export interface TokenBucketOptions {
  readonly burst: number;
  readonly refillEveryMs: number;
  /** Buckets kept; the one unused for longest goes first, and is full again when it comes back. */
  readonly most: number;
}

/** One token bucket for each key. */
export class TokenBuckets {
  readonly #options: TokenBucketOptions;
  /** In the order of their last use. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: TokenBucketOptions) {
    this.#options = options;
  }

  /** Takes a token of a key at the monotonic time `now`; false if there is none. */
  take(key: string, now: number): boolean {
    const { burst, refillEveryMs, most } = this.#options;
    const old = this.#buckets.get(key) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, old.tokens + (now - old.at) / refillEveryMs);
    const taken = tokens >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: taken ? tokens - 1 : tokens, at: now });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > most && oldest !== undefined) this.#buckets.delete(oldest);
    return taken;
  }
}
