import { Backoff } from "../backoff.ts";
import { Breather } from "../breather.ts";
import { type Clock, sleep, systemClock } from "../clock.ts";
import type { KubeClient } from "../client/kube-client.ts";
import { isKubeError, KubeError } from "../client/kube-error.ts";
import type { KubeObject } from "../client/object-meta.ts";
import type { ListOptions, MalformedObject, WatchEvent } from "../client/options.ts";
import { keyOf, type ListedType } from "../client/resource-type.ts";
import { Delivery, type ReflectorHandler, type ReflectorProblem } from "./delivery.ts";
import { type Indexer, type ReadonlyStore, Store } from "./store.ts";
import {
  INITIAL_STATE,
  type ListFrom,
  nextState,
  type ReflectorInput,
  type ReflectorState,
} from "./transitions.ts";

/** The least and the most `timeoutSeconds` of a watch, as in client-go: spread, so that they do not end together. */
const WATCH_SECONDS = { least: 300, most: 600 };
/** With bookmarks something arrives about once a minute; three without mean that the connection is dead. */
const IDLE_TIMEOUT_MS = 180_000;
/** A watch that the server ends within this time and without an event is not one that ran out. */
const PREMATURE_MS = 1_000;
const PAGE_TIMEOUT_MS = 60_000;

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: Pick<KubeClient, "listAll" | "watch">;
  readonly type: ListedType<T>;
  /** Left out: the whole cluster. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Slims an object down before it is stored and handled; must keep its metadata's identity. */
  readonly transform?: ((object: T) => T) | undefined;
  readonly indexers?: Readonly<Record<string, Indexer<T>>> | undefined;
  /** Called with every error; the reflector goes on by itself. */
  readonly onError?: ((problem: ReflectorProblem) => void) | undefined;
  /** Milliseconds without a byte after which a watch counts as dead; default 3 min. */
  readonly idleTimeoutMs?: number | undefined;
  /** Objects a page, 500 by default. */
  readonly pageSize?: number | undefined;
  /** Milliseconds for a page, 60 s by default; after that it is asked for in halves. */
  readonly pageTimeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
  /** Shared by several reflectors; see {@link MultiNamespaceReflector}. */
  readonly store?: Store<T> | undefined;
}

/** What a controller needs of its cache. */
export interface ObjectCache<T> {
  readonly store: ReadonlyStore<T>;
  /** {@link Clock.monotonic} at the last sign of life from the API server; undefined before the first. */
  readonly lastActivity: number | undefined;
  /** Whether the first list is in the store and was handled. */
  readonly synced: boolean;
  /** How many objects exist that could not be taken in, as far as the last list and the watch since then tell. */
  readonly skipped: number;
  /** The namespaces whose last list was refused for want of a right; an empty name stands for the whole cluster. */
  readonly refusedIn: readonly string[];
  start(): void;
  /** Resolves once {@link synced}; rejects if it is stopped before. */
  hasSynced(): Promise<void>;
  /** Resolves when nothing more will be handled. */
  stop(): Promise<void>;
  /** Later handlers hear of what is known already as `added`. */
  addHandler(handler: ReflectorHandler<T>): void;
}

/**
 * Keeps a copy of the objects of one type by listing and watching, in client-go's semantics.
 *
 * # Guarantees
 * - Once synced, the store holds every matching object as it was at some moment, and follows it in order.
 * - Handlers hear of every difference between two states of the store, with the old object and the new one, never of
 *   every change in between. An object replaced by another of its name is `deleted`, then `added`.
 * - Lists never go back in time, but for the first after a start and where etcd itself went back.
 * - It goes on until `stop`: nothing that the API server, the network or a handler does ends it. It waits 0.8 s after
 *   an error, doubling up to 30 s, less up to half of it at random, until a watch works again. Every error is reported.
 * - An object that does not fit its schema, or is too large to be read, harms no other; what was known of it before
 *   stays.
 * - Timers and connections get their turn at least every 20 ms, however much comes at once.
 *
 * # Assumptions
 * - Handlers return quickly (they put a key on a queue) and do not change objects.
 *
 * # Caveats
 * - The store is a moment behind, and its first list may be old (`resourceVersion=0`): who must be sure reads live.
 * - Objects leave the store also when they no longer match the selectors.
 */
export class Reflector<T extends KubeObject> implements ObjectCache<T> {
  readonly store: Store<T>;
  readonly #options: ReflectorOptions<T>;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  readonly #breather: Breather;
  readonly #delivery: Delivery<T>;
  readonly #stop = new AbortController();
  readonly #firstSync = Promise.withResolvers<void>();
  readonly #firstAnswer = Promise.withResolvers<void>();
  #refused = false;
  #skipped = new Set<string>();
  #state: ReflectorState = INITIAL_STATE;
  #loop: Promise<void> | undefined;
  #synced = false;
  #lastActivity: number | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.store = options.store ?? new Store(options.indexers);
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#backoff = new Backoff({ baseMs: 800, maxMs: 30_000, random: this.#random });
    this.#breather = new Breather(this.#clock);
    this.#delivery = new Delivery(options.onError);
    // A caller that does not wait for it must not cause an unhandled rejection.
    this.#firstSync.promise.catch(() => undefined);
  }

  /** Whether the last list was refused for want of a right. It is tried again all the same. */
  get refused(): boolean {
    return this.#refused;
  }

  get skipped(): number {
    return this.#skipped.size;
  }

  get refusedIn(): readonly string[] {
    return this.#refused ? [this.#options.namespace ?? ""] : [];
  }

  /** Resolves once {@link synced} or {@link refused}, or when it is stopped. */
  async answered(): Promise<void> {
    return this.#firstAnswer.promise;
  }

  get lastActivity(): number | undefined {
    return this.#lastActivity;
  }

  get synced(): boolean {
    return this.#synced;
  }

  /** For diagnosis. */
  get state(): ReflectorState {
    return this.#state;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  hasSynced(): Promise<void> {
    return this.#firstSync.promise;
  }

  async stop(): Promise<void> {
    this.#state = nextState(this.#state, { type: "stop" });
    this.#stop.abort();
    this.#firstAnswer.resolve();
    this.#firstSync.reject(
      new Error(`the cache of ${this.#options.type.plural} was stopped before it was filled`),
    );
    await this.#loop;
  }

  addHandler(handler: ReflectorHandler<T>): void {
    this.#delivery.add(handler, this.store.list(this.#options.namespace));
  }

  async #run(): Promise<void> {
    while (this.#state.phase !== "stopped") {
      const input = await this.#step(this.#state);
      this.#advance(input);
    }
  }

  #advance(input: ReflectorInput): void {
    this.#state = nextState(this.#state, input);
  }

  async #step(state: Exclude<ReflectorState, { phase: "stopped" }>): Promise<ReflectorInput> {
    switch (state.phase) {
      case "listing":
        return this.#list(state.from);
      case "watching":
        return this.#watch(state.resourceVersion);
      default:
        await sleep(this.#clock, this.#backoff.next(), this.#stop.signal);
        return { type: "waited" };
    }
  }

  async #list(from: ListFrom): Promise<ReflectorInput> {
    const {
      client,
      type,
      namespace,
      labelSelector,
      fieldSelector,
      pageSize,
      pageTimeoutMs = PAGE_TIMEOUT_MS,
    } = this.#options;
    const signal = this.#stop.signal;
    const selection = { namespace, labelSelector, fieldSelector, limit: pageSize };
    try {
      const options = { ...selection, ...positionOf(from), signal, timeoutMs: pageTimeoutMs };
      const list = await client.listAll(type, options);
      if (signal.aborted) return { type: "stop" };
      this.#touch();
      for (const object of list.malformed) this.#reportMalformed(object);
      const keep = new Set(list.malformed.flatMap(({ key }) => key ?? []));
      this.#skipped = new Set(list.malformed.map(({ key }, index) => key ?? `#${index}`));
      const objects = list.items.flatMap((object) => this.#transform(object, keep));
      // One that cannot even be named might be any of those that are missing.
      const unnamed = list.malformed.some(({ key }) => key === undefined);
      const known = unnamed ? new Set(this.store.keys()) : keep;
      const changes = this.store.replace(objects, namespace, known);
      await this.#delivery.deliverSlowly(changes, this.#breather, signal);
      if (signal.aborted) return { type: "stop" };
      this.#synced = true;
      this.#refused = false;
      this.#firstSync.resolve();
      this.#firstAnswer.resolve();
      return { type: "listed", resourceVersion: list.resourceVersion };
    } catch (error) {
      this.#refused = isKubeError(error, "forbidden");
      if (this.#refused) this.#firstAnswer.resolve();
      return this.#failed("list", error);
    }
  }

  async #watch(resourceVersion: string): Promise<ReflectorInput> {
    const {
      client,
      type,
      namespace,
      labelSelector,
      fieldSelector,
      idleTimeoutMs = IDLE_TIMEOUT_MS,
    } = this.#options;
    const { least, most } = WATCH_SECONDS;
    const timeoutSeconds = Math.round(least + (most - least) * this.#random());
    const selection = { namespace, labelSelector, fieldSelector };
    const options = {
      ...selection,
      resourceVersion,
      timeoutSeconds,
      idleTimeoutMs,
      signal: this.#stop.signal,
    };
    const startedAt = this.#clock.monotonic();
    let quiet = true;
    try {
      for await (const event of client.watch(type, options)) {
        if (this.#stop.signal.aborted) return { type: "stop" };
        if (event.type === "error") return this.#failed("watch", event.error);
        this.#touch();
        quiet = false;
        this.#takeIn(event);
        this.#backoff.reset();
        if (this.#breather.due) await this.#breather.pause();
      }
      const premature = quiet && this.#clock.monotonic() - startedAt < PREMATURE_MS;
      if (premature) this.#reportPremature();
      else this.#backoff.reset();
      return { type: "ended", premature };
    } catch (error) {
      return this.#failed("watch", error);
    }
  }

  #takeIn(event: Exclude<WatchEvent<T>, { type: "error" }>): void {
    switch (event.type) {
      case "bookmark":
        break;
      case "malformed-object":
        this.#reportMalformed(event.object);
        this.#noteSkipped(event.object.key, !event.deleted);
        if (event.deleted && event.object.key !== undefined)
          this.#delivery.deliver(this.store.delete(event.object.key));
        break;
      case "deleted":
        this.#noteSkipped(keyOf(event.object), false);
        this.#delivery.deliver(this.store.delete(keyOf(event.object)));
        break;
      case "added":
      case "modified":
        this.#noteSkipped(keyOf(event.object), false);
        this.#delivery.deliver(
          this.#transform(event.object, new Set()).flatMap((object) => this.store.set(object)),
        );
        break;
    }
    const resourceVersion = versionOf(event);
    // Only after it was handled: what was not is seen again.
    if (resourceVersion !== undefined) this.#advance({ type: "advanced", resourceVersion });
  }

  /** The slimmed object; none if the transform threw, its key then being added to `skipped`. */
  #transform(object: T, skipped: Set<string>): T[] {
    try {
      return [this.#options.transform?.(object) ?? object];
    } catch (error) {
      skipped.add(keyOf(object));
      this.#delivery.report({ during: "handle", key: keyOf(object), error });
      return [];
    }
  }

  #failed(during: "list" | "watch", cause: unknown): ReflectorInput {
    if (this.#stop.signal.aborted) return { type: "stop" };
    const error = isKubeError(cause) ? cause : this.#unexpected(during, cause);
    this.#delivery.report({ during, error, namespace: this.#options.namespace });
    return { type: "failed", error };
  }

  #reportPremature(): void {
    const error = this.#unexpected("watch", undefined, "the watch was ended at once, without an event");
    this.#delivery.report({ during: "watch", error, namespace: this.#options.namespace });
  }

  #unexpected(
    verb: "list" | "watch",
    cause: unknown,
    message = "an unexpected error, see the cause",
  ): KubeError {
    const { type, namespace } = this.#options;
    return new KubeError({
      kind: "malformed-answer",
      effect: "none",
      verb,
      resource: type.plural,
      namespace,
      message,
      cause,
    });
  }

  /** One without a name cannot be followed: the next list counts it. */
  #noteSkipped(key: string | undefined, skipped: boolean): void {
    if (key === undefined) return;
    if (skipped) this.#skipped.add(key);
    else this.#skipped.delete(key);
  }

  #reportMalformed({ key, problem }: MalformedObject): void {
    const name = key ?? "without a name";
    const error = new Error(
      `${this.#options.type.kind} ${name} does not fit its schema and is skipped: ${problem}`,
    );
    this.#delivery.report({ during: "parse", key, error });
  }

  #touch(): void {
    this.#lastActivity = this.#clock.monotonic();
  }
}

function positionOf(from: ListFrom): Pick<ListOptions, "resourceVersion" | "resourceVersionMatch"> {
  switch (from.read) {
    case "cache":
      // kube-apiserver 1.36 then ignores the limit: 2,800 Secrets came in one page of 500.
      return { resourceVersion: "0" };
    case "not-older-than":
      return { resourceVersion: from.resourceVersion, resourceVersionMatch: "NotOlderThan" };
    default:
      return {};
  }
}

function versionOf(event: Exclude<WatchEvent<KubeObject>, { type: "error" }>): string | undefined {
  if (event.type === "bookmark") return event.resourceVersion;
  if (event.type === "malformed-object") return event.object.resourceVersion;
  return event.object.metadata.resourceVersion;
}
