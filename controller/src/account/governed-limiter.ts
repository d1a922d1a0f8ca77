import type { Pace, Priority, RateLimiter, RequestLimiter } from "@signatureapi-keys/management-api";

/** What an acquisition is asked with. */
type Asked = Parameters<RequestLimiter["acquire"]>[0];

/**
 * The limiter of the Accounts of one namespace: their own rate, and besides, while there are ClusterAccounts for the
 * vendor account, theirs.
 *
 * Invariant: of each priority, one request at most waits in the limiter of the ClusterAccounts, however many the
 * namespace has: those of others wait behind that one and not behind all of them. A 429 pauses the namespace alone.
 */
export class GovernedLimiter implements RequestLimiter {
  readonly own: RateLimiter;
  readonly #governing: () => RateLimiter | undefined;
  readonly #last: Record<Priority, Promise<void>> = {
    foreground: Promise.resolve(),
    background: Promise.resolve(),
  };

  /** @param governing the limiter of the ClusterAccounts, if there are some now. */
  constructor(own: RateLimiter, governing: () => RateLimiter | undefined) {
    this.own = own;
    this.#governing = governing;
  }

  /** Waits for the right to send one request. @throws the signal's reason if it aborts before. */
  async acquire(asked: NonNullable<Asked> = {}): Promise<void> {
    await this.own.acquire(asked);
    if (this.#governing() === undefined) return;
    const { priority = "foreground", signal } = asked;
    const before = this.#last[priority];
    const ended = Promise.withResolvers<void>();
    this.#last[priority] = ended.promise;
    try {
      await orAborted(before, signal);
      // Another one may govern by now, or none.
      await this.#governing()?.acquire(asked);
    } finally {
      // One that gives up keeps its place, so that those behind it do not overtake those before it.
      void before.then(ended.resolve);
    }
  }

  /** The slower of both. */
  pace(): Pace {
    const own = this.own.pace();
    const governing = this.#governing()?.pace();
    if (governing === undefined) return own;
    return {
      intervalMs: Math.max(own.intervalMs, governing.intervalMs),
      atOnce: Math.min(own.atOnce, governing.atOnce),
      backlogMs: Math.max(own.backlogMs, governing.backlogMs),
    };
  }

  reportTooManyRequests(): void {
    this.own.reportTooManyRequests();
  }

  reportAccepted(): void {
    this.own.reportAccepted();
  }
}

async function orAborted(waited: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return waited;
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([waited, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
