import { systemClock, type Clock } from "./clock.ts";

/** `foreground`: what a user waits for. `background`: sweeps and resyncs. */
export type Priority = "foreground" | "background";

export interface RateLimit {
  /** The sustained rate, in requests per second; above 0. */
  readonly requestsPerSecond: number;
  /** How many requests the server takes at once after a pause; at least 1. A fifth of it is kept back. */
  readonly burst: number;
}

export interface RateLimiterOptions extends RateLimit {
  readonly clock?: Clock;
  /** Called for every request that may go, with how long it waited, in milliseconds. */
  readonly onGrant?: (waitedMs: number) => void;
}

/** What a limiter lets go now, as it looks for one more foreground request. */
export interface Pace {
  /** Between two requests, in milliseconds. */
  readonly intervalMs: number;
  /** How many requests may go at once. */
  readonly atOnce: number;
  /** How long that request would wait behind those that wait already, in milliseconds. */
  readonly backlogMs: number;
}

/** What a client asks before each request, and tells of each answer. */
export type RequestLimiter = Pick<RateLimiter, "acquire" | "reportTooManyRequests" | "reportAccepted">;

interface Waiter {
  readonly since: number;
  /** Whether a background request already went ahead of this one. */
  overtaken: boolean;
  readonly grant: () => void;
}

const BACKGROUND_SHARE = 1 / 5;
/**
 * What of a burst is kept back: requests arrive closer together than they were sent, whenever one is delayed more than
 * those behind it. With 10 a second and a burst of 10, that is room for 200 ms.
 */
const KEPT_BACK = 1 / 5;
/** After this wait a background request may go ahead of foreground ones, each of which is overtaken once at most. */
const BACKGROUND_PATIENCE_MS = 5_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 16_000;
/** Float dust: a token that is this near to whole counts as whole. */
const EPSILON = 1e-9;

function usedBurst(burst: number): number {
  return burst - Math.floor(burst * KEPT_BACK);
}

/** A bucket that refills with time. */
class Bucket {
  tokens: number;
  #at: number;
  perMs: number;
  capacity: number;

  constructor(perSecond: number, capacity: number, now: number) {
    this.perMs = perSecond / 1_000;
    this.capacity = capacity;
    this.tokens = capacity;
    this.#at = now;
  }

  refill(now: number): void {
    this.tokens = Math.min(this.capacity, this.tokens + Math.max(0, now - this.#at) * this.perMs);
    this.#at = now;
  }

  msUntilToken(): number {
    return this.tokens >= 1 - EPSILON ? 0 : (1 - this.tokens) / this.perMs;
  }
}

/**
 * A token bucket for one account. Guarantees: in any span of `t` seconds at most `b + requestsPerSecond * t`
 * requests are sent, where `b` is the burst without the fifth that is kept back; background gets at most `1 + requestsPerSecond / 5 * t` of them; first come, first served within a
 * priority; foreground goes first, and while it waits at most one background request goes ahead of it; neither waits for
 * ever.
 */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #onGrant: (waitedMs: number) => void;
  readonly #bucket: Bucket;
  readonly #backgroundBucket: Bucket;
  readonly #waiting: Record<Priority, Waiter[]> = { foreground: [], background: [] };
  #pausedUntil = 0;
  #nextPauseMs = FIRST_PAUSE_MS;
  #cancelTimer: (() => void) | undefined;

  /** @throws RangeError if the rate is not above 0 or the burst below 1. */
  constructor(options: RateLimiterOptions) {
    checkLimit(options);
    this.#clock = options.clock ?? systemClock;
    this.#onGrant = options.onGrant ?? (() => {});
    const now = this.#clock.now();
    this.#bucket = new Bucket(options.requestsPerSecond, usedBurst(options.burst), now);
    this.#backgroundBucket = new Bucket(options.requestsPerSecond * BACKGROUND_SHARE, 1, now);
  }

  /** Waits for the right to send one request. @throws the signal's reason if it aborts before. */
  acquire(
    options: { priority?: Priority | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const { priority = "foreground", signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const queue = this.#waiting[priority];
    const waiter: Waiter = {
      since: this.#clock.now(),
      overtaken: false,
      grant: () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      },
    };
    const onAbort = () => {
      queue.splice(queue.indexOf(waiter), 1);
      reject(signal?.reason);
      this.#dispatch();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    queue.push(waiter);
    this.#dispatch();
    return promise;
  }

  /** How fast requests go now. */
  pace(): Pace {
    this.#refill();
    const { tokens, perMs } = this.#bucket;
    const ahead = this.#waiting.foreground.length + 1;
    const pause = Math.max(0, this.#pausedUntil - this.#clock.now());
    return {
      intervalMs: 1 / perMs,
      atOnce: Math.floor(tokens),
      backlogMs: Math.max(pause, (ahead - tokens) / perMs, 0),
    };
  }

  /** Changes the limit; who waits keeps the place. @throws RangeError as the constructor does. */
  reconfigure(limit: RateLimit): void {
    checkLimit(limit);
    this.#refill();
    this.#bucket.perMs = limit.requestsPerSecond / 1_000;
    this.#bucket.capacity = usedBurst(limit.burst);
    this.#backgroundBucket.perMs = (limit.requestsPerSecond * BACKGROUND_SHARE) / 1_000;
    this.#dispatch();
  }

  /**
   * To be called on a 429, which carries no Retry-After: nothing goes for 1 s, then 2 s and so on up to 16 s for
   * consecutive ones. Those that were on their way when the pause began do not count again.
   */
  reportTooManyRequests(): void {
    const now = this.#clock.now();
    if (now < this.#pausedUntil) return;
    this.#refill();
    this.#bucket.tokens = 0;
    this.#pausedUntil = now + this.#nextPauseMs;
    this.#nextPauseMs = Math.min(this.#nextPauseMs * 2, LONGEST_PAUSE_MS);
    this.#dispatch();
  }

  /** To be called on any other answer: the next 429 is a first one again. */
  reportAccepted(): void {
    if (this.#clock.now() >= this.#pausedUntil) this.#nextPauseMs = FIRST_PAUSE_MS;
  }

  #refill(): void {
    const now = this.#clock.now();
    this.#bucket.refill(now);
    this.#backgroundBucket.refill(now);
  }

  #dispatch(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const now = this.#clock.now();
    if (now >= this.#pausedUntil) {
      this.#refill();
      while (this.#bucket.msUntilToken() === 0 && this.#grantOne(now));
    }
    const delay = this.#msUntilNextGrant(now);
    if (delay !== undefined) this.#cancelTimer = this.#clock.schedule(delay, () => this.#dispatch());
  }

  #grantOne(now: number): boolean {
    const { foreground, background } = this.#waiting;
    if (this.#backgroundMayGo(now)) {
      for (const waiter of foreground) waiter.overtaken = true;
      this.#backgroundBucket.tokens -= 1;
      return this.#grant(background);
    }
    return this.#grant(foreground);
  }

  #grant(queue: Waiter[]): boolean {
    const waiter = queue.shift();
    if (waiter === undefined) return false;
    this.#bucket.tokens -= 1;
    waiter.grant();
    try {
      this.#onGrant(Math.max(0, this.#clock.now() - waiter.since));
    } catch {
      // Metrics that fail must not stop the queue behind this request.
    }
    return true;
  }

  #backgroundMayGo(now: number): boolean {
    const first = this.#waiting.background[0];
    if (first === undefined || this.#backgroundBucket.msUntilToken() > 0) return false;
    const ahead = this.#waiting.foreground[0];
    return ahead === undefined || (!ahead.overtaken && now - first.since >= BACKGROUND_PATIENCE_MS);
  }

  #msUntilNextGrant(now: number): number | undefined {
    const { foreground, background } = this.#waiting;
    if (foreground.length === 0 && background.length === 0) return undefined;
    const pause = Math.max(0, this.#pausedUntil - now);
    const share = foreground.length === 0 ? this.#backgroundBucket.msUntilToken() : 0;
    // Whole milliseconds, and never 0: a timer that fires a fraction early would spin.
    return Math.max(1, Math.ceil(Math.max(pause, share, this.#bucket.msUntilToken())));
  }
}

function checkLimit(limit: RateLimit): void {
  if (!(limit.requestsPerSecond > 0 && Number.isFinite(limit.requestsPerSecond))) {
    throw new RangeError(`requestsPerSecond must be above 0, not ${limit.requestsPerSecond}.`);
  }
  if (!(limit.burst >= 1 && Number.isFinite(limit.burst))) {
    throw new RangeError(`burst must be at least 1, not ${limit.burst}.`);
  }
}
