import { RateLimiter, type RateLimit, type RequestLimiter } from "@signatureapi-keys/management-api";
import type { ControllerMetrics } from "../metrics.ts";
import { accountKey, accountLabels, type AccountRef } from "./account-ref.ts";
import { domainOf } from "./governance.ts";
import { GovernedLimiter } from "./governed-limiter.ts";
import { Turns } from "./turns.ts";

/** What one object wishes for. */
interface Wish {
  readonly ref: AccountRef;
  readonly limit: RateLimit;
}

/** The objects that share a limiter, and what each of them wishes for. */
interface Shared {
  readonly rate: RateLimiter;
  readonly limiter: RequestLimiter;
  readonly turns: Turns;
  readonly wishes: Map<string, Wish>;
}

/**
 * Several objects can name one vendor account. Its ClusterAccounts share one limiter, and the strictest wins; so do the
 * Accounts of a namespace, which can slow down nobody else, and are bounded by the ClusterAccounts' besides.
 * Each object reports the figures of the limiter that it shares.
 */
export class AccountLimiters {
  readonly #metrics: Pick<ControllerMetrics, "rateLimit" | "rateLimitWait">;
  /** By vendor account and domain. */
  readonly #shared = new Map<string, Shared>();

  constructor(metrics: Pick<ControllerMetrics, "rateLimit" | "rateLimitWait">) {
    this.#metrics = metrics;
  }

  /**
   * The limiter of an account.
   *
   * @param vendorAccount its ID and the API's origin.
   * @param ref the object that asks.
   */
  of(vendorAccount: string, ref: AccountRef, limit: RateLimit): RequestLimiter {
    const name = nameOf(vendorAccount, ref);
    const shared = this.#shared.get(name) ?? this.#make(vendorAccount, ref, limit);
    this.#shared.set(name, shared);
    shared.wishes.set(accountKey(ref), { ref, limit });
    this.#follow(shared);
    return shared.limiter;
  }

  /** Whose turn it is to ask for keys, at the limiter that this object shares; undefined before it has one. */
  turnsOf(vendorAccount: string, ref: AccountRef): Turns | undefined {
    return this.#shared.get(nameOf(vendorAccount, ref))?.turns;
  }

  /** Forgets what an object wished for. Its series go too. */
  release(ref: AccountRef): void {
    for (const [name, shared] of this.#shared) {
      if (!shared.wishes.delete(accountKey(ref))) continue;
      if (shared.wishes.size === 0) this.#shared.delete(name);
      else this.#follow(shared);
    }
    this.#metrics.rateLimit.remove(accountLabels(ref));
    this.#metrics.rateLimitWait.remove(accountLabels(ref));
  }

  #follow({ rate, wishes }: Shared): void {
    const limit = strictest([...wishes.values()].map((wish) => wish.limit));
    rate.reconfigure(limit);
    for (const { ref } of wishes.values())
      this.#metrics.rateLimit.set(accountLabels(ref), limit.requestsPerSecond);
  }

  #make(vendorAccount: string, { kind }: AccountRef, limit: RateLimit): Shared {
    const wishes = new Map<string, Wish>();
    const onGrant = (waitedMs: number): void => {
      for (const { ref } of wishes.values())
        this.#metrics.rateLimitWait.observe(accountLabels(ref), waitedMs / 1_000);
    };
    const rate = new RateLimiter({ ...limit, onGrant });
    const governing = (): RateLimiter | undefined => this.#shared.get(`${vendorAccount}\n`)?.rate;
    const governed = kind === "ClusterAccount" ? undefined : new GovernedLimiter(rate, governing);
    const turns = new Turns(() => (governed ?? rate).pace());
    return { rate, limiter: governed ?? rate, turns, wishes };
  }
}

function nameOf(vendorAccount: string, ref: AccountRef): string {
  return `${vendorAccount}\n${domainOf(ref)}`;
}

function strictest(wishes: readonly RateLimit[]): RateLimit {
  return {
    requestsPerSecond: Math.min(...wishes.map((wish) => wish.requestsPerSecond)),
    burst: Math.min(...wishes.map((wish) => wish.burst)),
  };
}
