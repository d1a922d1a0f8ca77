/** The server's side of the rate limit: a token bucket per account, which refuses instead of waiting. */
export class RateLimits {
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  /** Whether the account may do one more request now (`now` in milliseconds). */
  take(account: string, limit: { rateLimit: number; burst: number }, now: number): boolean {
    const bucket = this.#buckets.get(account) ?? { tokens: limit.burst, at: now };
    const tokens = Math.min(limit.burst, bucket.tokens + ((now - bucket.at) / 1_000) * limit.rateLimit);
    const allowed = tokens >= 1;
    this.#buckets.set(account, { tokens: allowed ? tokens - 1 : tokens, at: now });
    return allowed;
  }

  /** Fills every bucket again. */
  reset(): void {
    this.#buckets.clear();
  }
}
