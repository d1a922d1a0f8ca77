import { Breather } from "./breather.ts";
import { type Clock, sleep, systemClock } from "./clock.ts";
import type { RunnerMetrics } from "./metrics.ts";
import { Slots } from "./slots.ts";
import type { QueueItem, WorkQueue } from "./work-queue/work-queue.ts";

/** What a reconcile asks for when it succeeded. */
interface ReconcileOutcome {
  /** Look again after so many milliseconds, although nothing changed. */
  readonly requeueAfterMs?: number | undefined;
}

/**
 * Waits for something that is not in this process's hands, such as another service, a limit or a time, without keeping
 * a worker: another key is worked on meanwhile. The key itself stays taken.
 *
 * @param wait what is waited for.
 * @param urgent whether to go on at once afterwards, although all workers are busy.
 */
export type Aside = <T>(wait: () => Promise<T>, urgent?: boolean) => Promise<T>;

/** What a reconcile is given besides its key. */
export interface ReconcileContext {
  /** Aborts as soon as the runner is asked to stop: finish what was begun, begin nothing new. */
  readonly stopping: AbortSignal;
  readonly aside: Aside;
}

/**
 * Brings one object to its desired state; must be idempotent. `signal` aborts when the time for stopping is over.
 * A rejection is logged through `onError` and tried again, later each time.
 */
export type Reconcile = (
  key: string,
  signal: AbortSignal,
  context: ReconcileContext,
) => Promise<ReconcileOutcome | void>;

export interface ControllerRunnerOptions {
  readonly queue: WorkQueue;
  readonly reconcile: Reconcile;
  /** Workers: how many reconciles run at the same time, without those that wait aside. */
  readonly concurrency: number;
  /** How many reconciles may wait aside; what comes above that keeps its worker. By default there is no bound. */
  readonly mostAside?: number | undefined;
  /** Called with every failed reconcile. */
  readonly onError?: ((error: unknown, key: string) => void) | undefined;
  readonly metrics?: RunnerMetrics | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * For how long reconciles may keep answers waiting, in milliseconds. A new key takes eight requests, one after the other:
 * each of them waits as long.
 */
const LONGEST_RUN_MS = 5;

/**
 * Workers that take keys from a queue and reconcile them, each key by one worker at a time.
 *
 * # Guarantees
 * - At most `concurrency` reconciles run at the same time, besides those that wait aside and those that went on urgently.
 * - A reconcile that waits aside keeps no other key waiting.
 */
export class ControllerRunner {
  readonly #options: ControllerRunnerOptions;
  readonly #clock: Clock;
  readonly #running = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #deadline = new AbortController();
  readonly #slots: Slots;
  readonly #underWay = new Set<Promise<void>>();
  #dispatching: Promise<void> | undefined;
  #aside = 0;

  constructor(options: ControllerRunnerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#slots = new Slots(options.concurrency);
  }

  /** Keys being reconciled, those included that wait aside. */
  get running(): readonly string[] {
    return [...this.#running];
  }

  /** Starts the workers; to be called once. */
  start(): void {
    if (this.#dispatching !== undefined) throw new Error("this runner has been started already");
    const { concurrency, metrics } = this.#options;
    metrics?.maxConcurrent(concurrency);
    this.#dispatching = this.#dispatch();
  }

  /**
   * Takes no more keys and waits for the running reconciles, at most `graceMs`; then aborts their signals.
   * @returns the keys whose reconciles had not ended by then
   */
  async stop(graceMs: number): Promise<readonly string[]> {
    this.#options.queue.shutDown();
    this.#stopping.abort();
    const cancel = new AbortController();
    await Promise.race([this.#ended(), sleep(this.#clock, graceMs, cancel.signal)]);
    cancel.abort();
    const left = this.running;
    this.#deadline.abort();
    return left;
  }

  /**
   * One key is taken ahead of a free worker, no more: the queue knows best whose turn it is. After a start, thousands of
   * reconciles find nothing to do and wait for nothing. Timers and answers get their turn between them.
   */
  async #dispatch(): Promise<void> {
    const { queue } = this.#options;
    const breather = new Breather(this.#clock, LONGEST_RUN_MS);
    for (let item = await queue.get(); item !== undefined; item = await queue.get()) {
      if (breather.due) await breather.pause();
      await this.#slots.take(false);
      const work = this.#work(item).finally(() => this.#underWay.delete(work));
      this.#underWay.add(work);
    }
  }

  async #work(item: QueueItem): Promise<void> {
    try {
      if (this.#stopping.signal.aborted) return;
      this.#running.add(item.key);
      await this.#reconcile(item);
    } finally {
      this.#slots.give();
      this.#running.delete(item.key);
      this.#options.queue.done(item.key);
    }
  }

  async #ended(): Promise<void> {
    await this.#dispatching;
    await Promise.all(this.#underWay);
  }

  readonly #waitAside: Aside = async (wait, urgent = false) => {
    const { mostAside = Number.POSITIVE_INFINITY, metrics } = this.#options;
    if (this.#aside >= mostAside) return wait();
    this.#aside += 1;
    this.#slots.give();
    metrics?.waits(true);
    try {
      return await wait();
    } finally {
      this.#aside -= 1;
      if (urgent) this.#slots.force();
      else await this.#slots.take(true);
      metrics?.waits(false);
    }
  };

  async #reconcile(item: QueueItem): Promise<void> {
    const { reconcile, metrics } = this.#options;
    const started = this.#clock.monotonic();
    const seconds = (): number => (this.#clock.monotonic() - started) / 1_000;
    metrics?.started();
    try {
      const context = { stopping: this.#stopping.signal, aside: this.#waitAside };
      const outcome = await reconcile(item.key, this.#deadline.signal, context);
      const after = outcome?.requeueAfterMs;
      metrics?.finished(after === undefined ? "success" : "requeue_after", seconds());
      this.#succeeded(item.key, after);
    } catch (error) {
      metrics?.finished("error", seconds());
      this.#failed(item, error);
    }
  }

  #succeeded(key: string, requeueAfterMs: number | undefined): void {
    const { queue } = this.#options;
    queue.forget(key);
    // Not at the priority the key had: what is due at a time is no resync.
    if (requeueAfterMs !== undefined) queue.addAfter(key, requeueAfterMs);
  }

  #failed({ key, priority }: QueueItem, error: unknown): void {
    // The same priority, so that a failing fleet does not come before a user's change.
    this.#options.queue.addRateLimited(key, { priority });
    try {
      this.#options.onError?.(error, key);
    } catch {
      // A worker must survive a reporter that throws.
    }
  }
}
