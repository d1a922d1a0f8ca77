import { type Clock, microTime, sleep, systemClock } from "../clock.ts";
import type { KubeClient } from "../client/kube-client.ts";
import { isKubeError } from "../client/kube-error.ts";
import { eventType, fittingNote, type ObjectReference } from "./event.ts";
import { FairBacklog } from "./fair-backlog.ts";
import { TokenBuckets } from "./token-buckets.ts";

export interface RecordedEvent {
  readonly regarding: ObjectReference;
  readonly type: "Normal" | "Warning";
  /** CamelCase, at most 128 characters. */
  readonly reason: string;
  /** What was done, CamelCase, at most 128 characters. */
  readonly action: string;
  /** For people; longer than 1,024 bytes it is cut. */
  readonly note: string;
}

/**
 * Why an event is gone. `object-rate`: too many about one object. `backlog`: too many waited, most of them of its
 * namespace. `refused`: the API server did not take it.
 */
export type DropReason = "object-rate" | "backlog" | "refused";

export interface EventRecorderOptions {
  readonly client: KubeClient;
  /** Who reports, a qualified name such as `example.com/controller`. */
  readonly reportingController: string;
  /** Which replica, at most 128 characters. */
  readonly reportingInstance: string;
  /** Called once for each way in which events are refused or dropped; for a debug log. */
  readonly onProblem?: ((problem: string, error?: unknown) => void) | undefined;
  /** Called for each event that is not written, or written no further; must not throw. */
  readonly onDropped?: ((reason: DropReason) => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
}

/** The same event within this time becomes a series, as in client-go. */
const SERIES_MS = 10 * 60_000;
/** client-go's spam filter: 25 at once, then one every five minutes for each object. */
const PER_OBJECT = { burst: 25, refillEveryMs: 300_000, most: 4_096 };
const MOST_PENDING = 1_000;
/** Fewer than in client-go: an event that was forgotten is written anew, and not counted. */
const MOST_SERIES = 1_024;
const TIMEOUT_MS = 10_000;

interface Series {
  readonly namespace: string;
  readonly name: string;
  readonly event: RecordedEvent;
  readonly firstTime: Date;
  /** How often it was recorded. */
  count: number;
  lastTime: Date;
  lastAt: number;
  /** What the API server knows: 0 before the event was created. */
  written: number;
}

/**
 * Writes `events.k8s.io/v1` Events in the background, one request at a time. `record` never throws, blocks or fails
 * anything; an event that is refused (a terminating namespace, a missing role) is gone. Bounded in memory and, for each
 * object, in rate. Namespaces take turns: none makes another wait behind all of its own events, or lose some.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #buckets = new TokenBuckets(PER_OBJECT);
  /** In the order of their last use. */
  readonly #series = new Map<string, Series>();
  readonly #pending = new FairBacklog<Series>(MOST_PENDING);
  readonly #reported = new Set<string>();
  #writing: Promise<void> | undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
  }

  /** Events that are not written yet. */
  get pending(): number {
    return this.#pending.size;
  }

  record(event: RecordedEvent): void {
    const { regarding } = event;
    const now = this.#clock.monotonic();
    const object = regarding.uid ?? [regarding.kind, regarding.namespace, regarding.name].join("|");
    if (!this.#buckets.take(object, now)) {
      this.#drop(
        "object-rate",
        `too many events about ${regarding.kind} ${regarding.name}: some are dropped`,
      );
      return;
    }
    const series = this.#seriesOf(object, { ...event, note: fittingNote(event.note) }, now);
    const dropped = this.#pending.add(series.namespace, series);
    if (dropped !== undefined)
      this.#drop(
        "backlog",
        `${MOST_PENDING} events wait to be written: some of ${dropped.namespace} are dropped`,
      );
    this.#writing ??= this.#write();
  }

  /** Waits until everything recorded was written or refused, at most `deadlineMs`. */
  async flush(deadlineMs: number): Promise<void> {
    if (this.#writing === undefined) return;
    const cancel = new AbortController();
    await Promise.race([this.#writing, sleep(this.#clock, deadlineMs, cancel.signal)]);
    cancel.abort();
  }

  #seriesOf(object: string, event: RecordedEvent, now: number): Series {
    const key = [object, event.type, event.reason, event.note].join("|");
    const old = this.#series.get(key);
    this.#series.delete(key);
    const time = this.#clock.now();
    if (old !== undefined && now - old.lastAt < SERIES_MS) {
      this.#series.set(key, old);
      return Object.assign(old, { count: old.count + 1, lastTime: time, lastAt: now });
    }
    const name = `${event.regarding.name.slice(0, 220)}.${this.#suffix(time)}`;
    const namespace = event.regarding.namespace ?? "default";
    const times = { firstTime: time, lastTime: time, lastAt: now };
    const series: Series = { namespace, name, event, count: 1, written: 0, ...times };
    this.#series.set(key, series);
    const [oldest] = this.#series.keys();
    if (this.#series.size > MOST_SERIES && oldest !== undefined) this.#series.delete(oldest);
    return series;
  }

  async #write(): Promise<void> {
    // So that what is recorded in one go is written together, and never within the caller's turn.
    await Promise.resolve();
    for (let next = this.#pending.takeNext(); next !== undefined; next = this.#pending.takeNext())
      await this.#writeOne(next);
    this.#writing = undefined;
  }

  async #writeOne(series: Series): Promise<void> {
    const { count } = series;
    try {
      if (series.written === 0) await this.#create(series, count);
      else await this.#patch(series, count);
      series.written = count;
    } catch (error) {
      // An earlier create without an answer did take effect: the next repetition goes on from there.
      if (isKubeError(error, "already-exists")) series.written = 1;
      const kind = isKubeError(error) ? error.kind : "unexpected";
      this.#drop("refused", `an event could not be written (${kind})`, kind, error);
    }
  }

  async #create(series: Series, count: number): Promise<void> {
    const { event, namespace, name } = series;
    const { client, reportingController, reportingInstance } = this.#options;
    const repeated = count > 1 ? { series: seriesField(series, count) } : {};
    await client.create(
      eventType,
      {
        metadata: { namespace, name },
        eventTime: microTime(series.firstTime),
        reportingController,
        reportingInstance,
        ...event,
        ...repeated,
      },
      { timeoutMs: TIMEOUT_MS },
    );
  }

  async #patch(series: Series, count: number): Promise<void> {
    const ref = { namespace: series.namespace, name: series.name };
    try {
      const body = { series: seriesField(series, count) };
      await this.#options.client.patch(eventType, ref, body, { type: "merge", timeoutMs: TIMEOUT_MS });
    } catch (error) {
      // Events live for an hour by default; one that was deleted meanwhile is written anew.
      if (!isKubeError(error, "not-found")) throw error;
      await this.#create(series, count);
    }
  }

  #suffix(time: Date): string {
    const random = Math.floor(this.#random() * 2 ** 32);
    return `${time.getTime().toString(16)}${random.toString(16).padStart(8, "0")}`;
  }

  #drop(reason: DropReason, problem: string, what: string = reason, error?: unknown): void {
    this.#options.onDropped?.(reason);
    this.#tellOnce(what, problem, error);
  }

  #tellOnce(what: string, problem: string, error?: unknown): void {
    if (this.#reported.has(what)) return;
    this.#reported.add(what);
    try {
      this.#options.onProblem?.(problem, error);
    } catch {
      // Nothing about events may ever fail anything.
    }
  }
}

function seriesField(series: Series, count: number): { count: number; lastObservedTime: string } {
  return { count, lastObservedTime: microTime(series.lastTime) };
}
