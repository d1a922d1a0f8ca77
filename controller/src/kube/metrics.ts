import { Counter, Gauge, Histogram, type Registry } from "@prometheus-io/client";
import type { RequestRecord } from "./client/options.ts";
import type { WorkQueue, WorkQueueMetrics } from "./work-queue/work-queue.ts";

/** controller-runtime's and client-go's, so that the same queries work. */
const RECONCILE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const QUEUE_BUCKETS = [0.001, 0.01, 0.1, 1, 10, 60, 300, 1_000];

/** How a reconcile ended, as controller-runtime labels it. */
type ReconcileResult = "success" | "requeue_after" | "error";

/** What a {@link ControllerRunner} reports. */
export interface RunnerMetrics {
  maxConcurrent(workers: number): void;
  started(): void;
  /** A reconcile begins to wait aside, or goes on: it is no active worker meanwhile. */
  waits(waits: boolean): void;
  finished(result: ReconcileResult, seconds: number): void;
}

/**
 * The metrics of this layer under the names that controller-runtime and client-go give them, in the registry given.
 * One instance per registry; each controller and queue gets its labels through a method.
 */
export class KubeMetrics {
  readonly #requests: Counter<string>;
  readonly #leading: Gauge<string>;
  readonly #reconciles: Counter<string>;
  readonly #reconcileErrors: Counter<string>;
  readonly #reconcileTime: Histogram<string>;
  readonly #activeWorkers: Gauge<string>;
  readonly #maxConcurrent: Gauge<string>;
  readonly #depth: Gauge<string>;
  readonly #adds: Counter<string>;
  readonly #retries: Counter<string>;
  readonly #queueDuration: Histogram<string>;
  readonly #workDuration: Histogram<string>;
  readonly #queues = new Map<string, WorkQueue>();

  constructor(registry: Registry) {
    const registers = [registry];
    const counter = (name: string, help: string, labelNames: string[]): Counter<string> =>
      new Counter({ name, help, labelNames, registers });
    const gauge = (name: string, help: string, labelNames: string[]): Gauge<string> =>
      new Gauge({ name, help, labelNames, registers });
    const histogram = (
      name: string,
      help: string,
      labelNames: string[],
      buckets: number[],
    ): Histogram<string> => new Histogram({ name, help, labelNames, buckets, registers });
    this.#requests = counter(
      "rest_client_requests_total",
      "Requests to the Kubernetes API by status code, method and host",
      ["code", "method", "host"],
    );
    this.#leading = gauge("leader_election_master_status", "1 while this replica is the leader", ["name"]);
    this.#reconciles = counter("controller_runtime_reconcile_total", "Reconciles by result", [
      "controller",
      "result",
    ]);
    this.#reconcileErrors = counter("controller_runtime_reconcile_errors_total", "Failed reconciles", [
      "controller",
    ]);
    this.#reconcileTime = histogram(
      "controller_runtime_reconcile_time_seconds",
      "Duration of reconciles",
      ["controller"],
      RECONCILE_BUCKETS,
    );
    this.#activeWorkers = gauge("controller_runtime_active_workers", "Workers that are reconciling", [
      "controller",
    ]);
    this.#maxConcurrent = gauge("controller_runtime_max_concurrent_reconciles", "Workers", ["controller"]);
    this.#depth = gauge("workqueue_depth", "Keys that wait to be processed", ["name", "priority"]);
    this.#adds = counter("workqueue_adds_total", "Keys added", ["name"]);
    this.#retries = counter("workqueue_retries_total", "Keys added again after a failure", ["name"]);
    this.#queueDuration = histogram(
      "workqueue_queue_duration_seconds",
      "How long keys waited before they were processed",
      ["name"],
      QUEUE_BUCKETS,
    );
    this.#workDuration = histogram(
      "workqueue_work_duration_seconds",
      "How long it took to process a key",
      ["name"],
      QUEUE_BUCKETS,
    );
    this.#unfinishedGauge(
      registry,
      "workqueue_unfinished_work_seconds",
      "Seconds of processing of keys that are not finished yet",
      (work) => work.totalSeconds,
    );
    this.#unfinishedGauge(
      registry,
      "workqueue_longest_running_processor_seconds",
      "How long the longest-running worker has been processing its key",
      (work) => work.longestSeconds,
    );
  }

  /** For {@link KubeClientOptions.onRequest}. */
  readonly onRequest = ({ code, method, host }: RequestRecord): void => {
    this.#requests.inc({ code, method, host });
  };

  /** Says whether this replica is the leader of the election `name`. */
  leading(name: string, leading: boolean): void {
    this.#leading.set({ name }, leading ? 1 : 0);
  }

  /** For {@link WorkQueueOptions.metrics}; give the queue to {@link observeQueue} too. */
  queue(name: string): WorkQueueMetrics {
    return {
      depth: (priority, waiting) => this.#depth.set({ name, priority }, waiting),
      added: () => this.#adds.inc({ name }),
      retried: () => this.#retries.inc({ name }),
      queueDuration: (seconds) => this.#queueDuration.observe({ name }, seconds),
      workDuration: (seconds) => this.#workDuration.observe({ name }, seconds),
    };
  }

  /** Reads the unfinished work of a queue whenever the metrics are collected. */
  observeQueue(name: string, queue: WorkQueue): void {
    this.#queues.set(name, queue);
  }

  /** For {@link ControllerRunnerOptions.metrics}. All series of the controller exist from here on. */
  controller(controller: string): RunnerMetrics {
    for (const result of ["success", "requeue_after", "error"])
      this.#reconciles.inc({ controller, result }, 0);
    this.#reconcileErrors.inc({ controller }, 0);
    this.#activeWorkers.set({ controller }, 0);
    return {
      maxConcurrent: (workers) => this.#maxConcurrent.set({ controller }, workers),
      started: () => this.#activeWorkers.inc({ controller }),
      waits: (waits) => this.#activeWorkers.inc({ controller }, waits ? -1 : 1),
      finished: (result, seconds) => {
        this.#activeWorkers.dec({ controller });
        this.#reconciles.inc({ controller, result });
        this.#reconcileTime.observe({ controller }, seconds);
        if (result === "error") this.#reconcileErrors.inc({ controller });
      },
    };
  }

  /** A gauge of every observed queue, read when the metrics are collected. */
  #unfinishedGauge(
    registry: Registry,
    name: string,
    help: string,
    read: (work: ReturnType<WorkQueue["unfinishedWork"]>) => number,
  ): Gauge<string> {
    const queues = this.#queues;
    return new Gauge({
      name,
      help,
      labelNames: ["name"],
      registers: [registry],
      collect() {
        for (const [queueName, queue] of queues) this.set({ name: queueName }, read(queue.unfinishedWork()));
      },
    });
  }
}
