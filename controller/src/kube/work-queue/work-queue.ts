import { backoffDelay } from "../backoff.ts";
import { type Clock, systemClock } from "../clock.ts";
import { FairLine } from "./fair-line.ts";
import { TimedKeys } from "./timed-keys.ts";

/** `high`: something changed. `low`: a look in passing, such as a resync. */
export type Priority = "high" | "low";

export interface QueueItem {
  /** `namespace/name`, or `name` for cluster-scoped objects. */
  readonly key: string;
  readonly priority: Priority;
}

export interface AddOptions {
  /** Default `high`. */
  readonly priority?: Priority | undefined;
}

/** What a queue reports; every function is optional and must not throw. Durations in seconds. */
export interface WorkQueueMetrics {
  depth?(priority: Priority, waiting: number): void;
  added?(priority: Priority): void;
  retried?(): void;
  /** How long a key waited until it was taken. */
  queueDuration?(seconds: number): void;
  /** How long a key was worked on. */
  workDuration?(seconds: number): void;
}

export interface WorkQueueOptions {
  /** Delay of the first {@link WorkQueue.addRateLimited}, in milliseconds; default 5, as in client-go. */
  readonly baseDelayMs?: number | undefined;
  /** Longest delay, in milliseconds; default 1,000,000, as in client-go. */
  readonly maxDelayMs?: number | undefined;
  /** Every how many takes the low key that waits longest is taken, whatever else waits; default 10. */
  readonly lowEvery?: number | undefined;
  readonly metrics?: WorkQueueMetrics | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
}

/**
 * A level-based queue of object keys in client-go's semantics, with two priorities and fairness across namespaces.
 *
 * # Guarantees
 * - A key is never given to two takers at once; one that is added while it is worked on is given again after `done`.
 * - A key that is added several times before it is taken is given once, at the highest of its priorities.
 * - High before low; yet every `lowEvery`-th take is the oldest low key, so the n-th oldest low key is taken after at
 *   most n times `lowEvery` takes.
 * - Within a priority namespaces take turns: a key with k keys of its own namespace before it is taken after at most
 *   k + 1 keys of each other namespace (of its priority).
 * - `addAfter` keeps the earliest of several times for a key.
 *
 * # Assumptions
 * - Every key that was taken is given back with `done`, exactly once.
 *
 * # Caveats
 * - In memory: what is waiting at the end of the process is found again by listing.
 * - `shutDown` drops waiting keys, unlike client-go, which gives them out until none is left: who has lost the leader
 *   election or is being stopped must not begin anything.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #clock: Clock;
  readonly #lowEvery: number;
  readonly #lines: Record<Priority, FairLine> = { high: new FairLine(), low: new FairLine() };
  /** When a waiting key was added. */
  readonly #addedAt = new Map<string, number>();
  /** Keys being worked on, since when. */
  readonly #processing = new Map<string, number>();
  /** Keys that were added while being worked on. */
  readonly #again = new Map<string, { priority: Priority; addedAt: number }>();
  readonly #delayed = new TimedKeys<Priority>();
  readonly #failures = new Map<string, number>();
  readonly #takers: ((item: QueueItem | undefined) => void)[] = [];
  #drained: (() => void)[] = [];
  #takes = 0;
  #cancelTimer: () => void = () => undefined;
  #timerDueAt = Number.POSITIVE_INFINITY;
  #shutDown = false;

  constructor(options: WorkQueueOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#lowEvery = options.lowEvery ?? 10;
  }

  /** Keys that wait to be taken, without the delayed ones. */
  get length(): number {
    return this.#lines.high.size + this.#lines.low.size;
  }

  get isShutDown(): boolean {
    return this.#shutDown;
  }

  /** Asks for a key to be worked on, as soon as possible. */
  add(key: string, options: AddOptions = {}): void {
    if (this.#shutDown) return;
    const priority = options.priority ?? "high";
    if (this.#processing.has(key)) this.#addAgain(key, priority);
    else this.#addWaiting(key, priority, this.#clock.monotonic());
    this.#serve();
  }

  /** As {@link add}, in `milliseconds`; of several times for a key the earliest counts. */
  addAfter(key: string, milliseconds: number, options: AddOptions = {}): void {
    if (this.#shutDown) return;
    if (milliseconds <= 0) {
      this.add(key, options);
      return;
    }
    this.#delayed.add(key, options.priority ?? "high", this.#clock.monotonic() + milliseconds);
    this.#schedule();
  }

  /** As {@link addAfter}, later each time until {@link forget}. */
  addRateLimited(key: string, options: AddOptions = {}): void {
    if (this.#shutDown) return;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#options.metrics?.retried?.();
    const { baseDelayMs: baseMs = 5, maxDelayMs: maxMs = 1_000_000, random } = this.#options;
    this.addAfter(key, backoffDelay({ baseMs, maxMs, random, jitter: 0.2 }, failures), options);
  }

  /** Lets the delays of {@link addRateLimited} start over for a key: it succeeded, or is gone. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** How often a key was added with {@link addRateLimited} since it was last forgotten. */
  numRequeues(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, as soon as there is one; undefined once the queue is shut down. To be given back with {@link done}. */
  get(): Promise<QueueItem | undefined> {
    return new Promise((resolve) => {
      this.#takers.push(resolve);
      this.#serve();
    });
  }

  /** Gives back a key that was taken. */
  done(key: string): void {
    const since = this.#processing.get(key);
    if (since === undefined) return;
    this.#processing.delete(key);
    this.#options.metrics?.workDuration?.((this.#clock.monotonic() - since) / 1_000);
    const again = this.#again.get(key);
    this.#again.delete(key);
    if (again !== undefined) this.#addWaiting(key, again.priority, again.addedAt);
    if (this.#processing.size === 0) for (const resolve of this.#drained.splice(0)) resolve();
    this.#serve();
  }

  /** Nothing is given out or accepted any more; what waits is dropped. */
  shutDown(): void {
    this.#shutDown = true;
    this.#cancelTimer();
    this.#delayed.clear();
    this.#again.clear();
    this.#addedAt.clear();
    for (const priority of ["high", "low"] as const) {
      this.#lines[priority].clear();
      this.#reportDepth(priority);
    }
    for (const resolve of this.#takers.splice(0)) resolve(undefined);
  }

  /** Resolves when no key is being worked on; to be called after {@link shutDown}. */
  drain(): Promise<void> {
    if (this.#processing.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#drained.push(resolve);
    });
  }

  /** Seconds of work on keys not given back yet, of all together and of the longest: a stuck one shows here. */
  unfinishedWork(): { totalSeconds: number; longestSeconds: number } {
    const now = this.#clock.monotonic();
    const durations = [...this.#processing.values()].map((since) => (now - since) / 1_000);
    return {
      totalSeconds: durations.reduce((sum, one) => sum + one, 0),
      longestSeconds: Math.max(0, ...durations),
    };
  }

  #addAgain(key: string, priority: Priority): void {
    const existing = this.#again.get(key);
    if (existing === undefined) {
      this.#again.set(key, { priority, addedAt: this.#clock.monotonic() });
      this.#options.metrics?.added?.(priority);
    } else if (priority === "high") {
      existing.priority = "high";
    }
  }

  #addWaiting(key: string, priority: Priority, addedAt: number): void {
    if (this.#lines.high.has(key)) return;
    if (this.#lines.low.has(key)) {
      if (priority === "high") this.#raise(key);
      return;
    }
    this.#addedAt.set(key, addedAt);
    this.#lines[priority].add(key);
    this.#options.metrics?.added?.(priority);
    this.#reportDepth(priority);
  }

  #raise(key: string): void {
    this.#lines.low.delete(key);
    this.#lines.high.add(key);
    this.#reportDepth("low");
    this.#reportDepth("high");
  }

  #serve(): void {
    while (this.#takers.length > 0 && (this.#shutDown || this.length > 0)) {
      this.#takers.shift()?.(this.#shutDown ? undefined : this.#take());
    }
  }

  #take(): QueueItem | undefined {
    const item = this.#next();
    if (item === undefined) return undefined;
    const now = this.#clock.monotonic();
    this.#options.metrics?.queueDuration?.((now - (this.#addedAt.get(item.key) ?? now)) / 1_000);
    this.#addedAt.delete(item.key);
    this.#processing.set(item.key, now);
    this.#reportDepth(item.priority);
    return item;
  }

  #next(): QueueItem | undefined {
    this.#takes++;
    const oldestLow = this.#takes % this.#lowEvery === 0 ? this.#lines.low.takeOldest() : undefined;
    if (oldestLow !== undefined) return { key: oldestLow, priority: "low" };
    const high = this.#lines.high.takeNext();
    if (high !== undefined) return { key: high, priority: "high" };
    const low = this.#lines.low.takeNext();
    return low === undefined ? undefined : { key: low, priority: "low" };
  }

  /** One timer for all delayed keys, set to the earliest. */
  #schedule(): void {
    const dueAt = this.#delayed.nextDueAt;
    if (dueAt === undefined || dueAt >= this.#timerDueAt) return;
    this.#cancelTimer();
    this.#timerDueAt = dueAt;
    this.#cancelTimer = this.#clock.after(dueAt - this.#clock.monotonic(), () => {
      this.#timerDueAt = Number.POSITIVE_INFINITY;
      this.#addDue();
    });
  }

  #addDue(): void {
    const now = this.#clock.monotonic();
    for (let due = this.#delayed.takeDue(now); due !== undefined; due = this.#delayed.takeDue(now)) {
      this.add(due.key, { priority: due.value });
    }
    // Also where the timer fired a moment early.
    this.#schedule();
  }

  #reportDepth(priority: Priority): void {
    this.#options.metrics?.depth?.(priority, this.#lines[priority].size);
  }
}
