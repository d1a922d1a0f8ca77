import { RateLimiter, type RateLimit } from "@signatureapi-keys/management-api";
import type { ControllerMetrics } from "../metrics.ts";
import { accountKey, accountLabels, type AccountRef } from "./account-ref.ts";

/** What one object wishes of the limiter of its vendor account. */
interface Wish {
  readonly ref: AccountRef;
  readonly limit: RateLimit;
}

/** The limiter of one vendor account, with the objects that share it. */
interface Shared {
  readonly limiter: RateLimiter;
  readonly wishes: Map<string, Wish>;
}

/**
 * Several Accounts can refer to one vendor account: they share one limiter, and the strictest wins. Each of them reports
 * the figures of the vendor account.
 */
export class AccountLimiters {
  readonly #metrics: Pick<ControllerMetrics, "rateLimit" | "rateLimitWait">;
  readonly #limiters = new Map<string, Shared>();

  constructor(metrics: Pick<ControllerMetrics, "rateLimit" | "rateLimitWait">) {
    this.#metrics = metrics;
  }

  /**
   * The limiter of an account.
   *
   * @param account names the vendor account: its ID and the API's origin.
   * @param ref names the object that asks.
   */
  of(account: string, ref: AccountRef, limit: RateLimit): RateLimiter {
    const entry = this.#limiters.get(account) ?? this.#made(account, limit);
    entry.wishes.set(accountKey(ref), { ref, limit });
    this.#follow(entry);
    return entry.limiter;
  }

  /** Forgets what an object wished for. Its series go too. */
  release(ref: AccountRef): void {
    for (const [account, entry] of this.#limiters) {
      if (!entry.wishes.delete(accountKey(ref))) continue;
      if (entry.wishes.size === 0) this.#limiters.delete(account);
      else this.#follow(entry);
    }
    this.#metrics.rateLimit.remove(accountLabels(ref));
    this.#metrics.rateLimitWait.remove(accountLabels(ref));
  }

  #made(account: string, limit: RateLimit): Shared {
    const wishes = new Map<string, Wish>();
    const onGrant = (waitedMs: number): void => {
      for (const { ref } of wishes.values())
        this.#metrics.rateLimitWait.observe(accountLabels(ref), waitedMs / 1_000);
    };
    const entry = { limiter: new RateLimiter({ ...limit, onGrant }), wishes };
    this.#limiters.set(account, entry);
    return entry;
  }

  #follow({ limiter, wishes }: Shared): void {
    const limit = strictest([...wishes.values()].map((wish) => wish.limit));
    limiter.reconfigure(limit);
    for (const { ref } of wishes.values())
      this.#metrics.rateLimit.set(accountLabels(ref), limit.requestsPerSecond);
  }
}

function strictest(wishes: readonly RateLimit[]): RateLimit {
  return {
    requestsPerSecond: Math.min(...wishes.map((wish) => wish.requestsPerSecond)),
    burst: Math.min(...wishes.map((wish) => wish.burst)),
  };
}
