import { RateLimiter, type RateLimit } from "@signatureapi-keys/management-api";

/** Several Accounts can refer to one vendor account: they share one limiter, and the strictest wins. */
export class AccountLimiters {
  readonly #limiters = new Map<
    string,
    { readonly limiter: RateLimiter; readonly wishes: Map<string, RateLimit> }
  >();

  /**
   * The limiter of an account.
   *
   * @param account names the vendor account: its ID and the API's origin.
   * @param user names the object that asks.
   */
  of(account: string, user: string, wish: RateLimit): RateLimiter {
    const entry = this.#limiters.get(account) ?? {
      limiter: new RateLimiter(wish),
      wishes: new Map<string, RateLimit>(),
    };
    this.#limiters.set(account, entry);
    entry.wishes.set(user, wish);
    entry.limiter.reconfigure(strictest([...entry.wishes.values()]));
    return entry.limiter;
  }

  /** Forgets what an object wished for. */
  release(user: string): void {
    for (const [account, entry] of this.#limiters) {
      if (!entry.wishes.delete(user)) continue;
      if (entry.wishes.size === 0) this.#limiters.delete(account);
      else entry.limiter.reconfigure(strictest([...entry.wishes.values()]));
    }
  }
}

function strictest(wishes: readonly RateLimit[]): RateLimit {
  return {
    requestsPerSecond: Math.min(...wishes.map((wish) => wish.requestsPerSecond)),
    burst: Math.min(...wishes.map((wish) => wish.burst)),
  };
}
