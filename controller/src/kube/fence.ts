/**
 * Guards everything that this process may change. A replica that has lost its lease closes it, and
 * from then on it sends nothing that changes anything, except what says of itself that it belongs to the end of
 * something already begun.
 *
 * Guarantee: once closed it stays closed, and it is closed as soon as its guard says so, even where no timer has
 * fired yet because the process was frozen.
 */
export class Fence {
  readonly #closed = new AbortController();
  #holds: () => boolean = () => true;

  /** Whether something may be changed now; to be asked directly before each effect. */
  get open(): boolean {
    if (!this.#closed.signal.aborted && !this.#holds()) this.close();
    return !this.#closed.signal.aborted;
  }

  /** Aborts when the fence is closed, for waits that would end in an effect. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** From now on it is open only as long as this holds. */
  guard(holds: () => boolean): void {
    this.#holds = holds;
  }

  /** Closes it for good. */
  close(): void {
    this.#closed.abort();
  }
}
