import { RateLimiter, type RateLimit, type RequestLimiter } from "@signatureapi-keys/management-api";
import { accountKey, type AccountRef } from "./account-ref.ts";
import { domainOf } from "./governance.ts";
import { GovernedLimiter } from "./governed-limiter.ts";

/** The objects that share a limiter, and what each of them wishes for. */
interface Shared {
  readonly rate: RateLimiter;
  readonly limiter: RequestLimiter;
  readonly wishes: Map<string, RateLimit>;
}

/**
 * Several objects can name one vendor account. Its ClusterAccounts share one limiter, and the strictest wins; so do the
 * Accounts of a namespace, which can slow down nobody else, and are bounded by the ClusterAccounts' besides.
 */
export class AccountLimiters {
  /** By vendor account and domain. */
  readonly #shared = new Map<string, Shared>();

  /**
   * The limiter of an account.
   *
   * @param vendorAccount its ID and the API's origin.
   * @param ref the object that asks.
   */
  of(vendorAccount: string, ref: AccountRef, wish: RateLimit): RequestLimiter {
    const name = `${vendorAccount}\n${domainOf(ref)}`;
    const shared = this.#shared.get(name) ?? this.#make(vendorAccount, ref, wish);
    this.#shared.set(name, shared);
    shared.wishes.set(accountKey(ref), wish);
    shared.rate.reconfigure(strictest([...shared.wishes.values()]));
    return shared.limiter;
  }

  /** Forgets what an object wished for. */
  release(ref: AccountRef): void {
    for (const [name, { rate, wishes }] of this.#shared) {
      if (!wishes.delete(accountKey(ref))) continue;
      if (wishes.size === 0) this.#shared.delete(name);
      else rate.reconfigure(strictest([...wishes.values()]));
    }
  }

  #make(vendorAccount: string, { kind }: AccountRef, wish: RateLimit): Shared {
    const rate = new RateLimiter(wish);
    const governing = (): RateLimiter | undefined => this.#shared.get(`${vendorAccount}\n`)?.rate;
    const limiter = kind === "ClusterAccount" ? rate : new GovernedLimiter(rate, governing);
    return { rate, limiter, wishes: new Map() };
  }
}

function strictest(wishes: readonly RateLimit[]): RateLimit {
  return {
    requestsPerSecond: Math.min(...wishes.map((wish) => wish.requestsPerSecond)),
    burst: Math.min(...wishes.map((wish) => wish.burst)),
  };
}
