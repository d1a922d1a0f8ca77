import { type Clock, sleep, systemClock } from "./clock.ts";
import type { RunnerMetrics } from "./metrics.ts";
import type { QueueItem, WorkQueue } from "./work-queue/work-queue.ts";

/** What a reconcile asks for when it succeeded. */
interface ReconcileOutcome {
  /** Look again after so many milliseconds, although nothing changed. */
  readonly requeueAfterMs?: number | undefined;
}

interface ReconcileContext {
  /** Aborts as soon as the runner is asked to stop: finish what was begun, begin nothing new. */
  readonly stopping: AbortSignal;
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
  /** Workers. */
  readonly concurrency: number;
  /** Called with every failed reconcile. */
  readonly onError?: ((error: unknown, key: string) => void) | undefined;
  readonly metrics?: RunnerMetrics | undefined;
  readonly clock?: Clock | undefined;
}

/** Workers that take keys from a queue and reconcile them, each key by one worker at a time. */
export class ControllerRunner {
  readonly #options: ControllerRunnerOptions;
  readonly #clock: Clock;
  readonly #running = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #deadline = new AbortController();
  #workers: Promise<void>[] = [];

  constructor(options: ControllerRunnerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Keys being reconciled. */
  get running(): readonly string[] {
    return [...this.#running];
  }

  /** Starts the workers; to be called once. */
  start(): void {
    if (this.#workers.length > 0) throw new Error("this runner has been started already");
    const { concurrency, metrics } = this.#options;
    metrics?.maxConcurrent(concurrency);
    this.#workers = Array.from({ length: concurrency }, () => this.#work());
  }

  /**
   * Takes no more keys and waits for the running reconciles, at most `graceMs`; then aborts their signals.
   * @returns the keys whose reconciles had not ended by then
   */
  async stop(graceMs: number): Promise<readonly string[]> {
    this.#options.queue.shutDown();
    this.#stopping.abort();
    const cancel = new AbortController();
    await Promise.race([Promise.all(this.#workers), sleep(this.#clock, graceMs, cancel.signal)]);
    cancel.abort();
    const left = this.running;
    this.#deadline.abort();
    return left;
  }

  async #work(): Promise<void> {
    const { queue } = this.#options;
    for (let item = await queue.get(); item !== undefined; item = await queue.get()) {
      this.#running.add(item.key);
      try {
        await this.#reconcile(item);
      } finally {
        this.#running.delete(item.key);
        queue.done(item.key);
      }
    }
  }

  async #reconcile(item: QueueItem): Promise<void> {
    const { reconcile, metrics } = this.#options;
    const started = this.#clock.monotonic();
    const seconds = (): number => (this.#clock.monotonic() - started) / 1_000;
    metrics?.started();
    try {
      const outcome = await reconcile(item.key, this.#deadline.signal, { stopping: this.#stopping.signal });
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
