import type { KubeObject } from "../client/object-meta.ts";
import type { ReflectorHandler } from "./delivery.ts";
import { type ObjectCache, Reflector, type ReflectorOptions } from "./reflector.ts";
import { Store } from "./store.ts";

export interface MultiNamespaceReflectorOptions<T extends KubeObject> extends Omit<
  ReflectorOptions<T>,
  "namespace" | "store"
> {
  readonly namespaces: readonly string[];
}

/**
 * One {@link Reflector} for each of several namespaces, filling one store: what a role in each of them allows. A namespace
 * that may not be read holds the others up no more than one that is empty; it is tried again.
 */
class MultiNamespaceReflector<T extends KubeObject> implements ObjectCache<T> {
  readonly store: Store<T>;
  readonly #parts: readonly Reflector<T>[];

  constructor({ namespaces, ...options }: MultiNamespaceReflectorOptions<T>) {
    if (namespaces.length === 0) throw new TypeError("at least one namespace is needed");
    const store = new Store<T>(options.indexers);
    this.store = store;
    this.#parts = [...new Set(namespaces)].map(
      (namespace) => new Reflector({ ...options, namespace, store }),
    );
  }

  /** Of the part that has been silent for longest; undefined while one was never heard of. */
  get lastActivity(): number | undefined {
    const times = this.#parts.map((part) => part.lastActivity);
    return times.reduce((oldest, time) =>
      oldest === undefined || time === undefined ? undefined : Math.min(oldest, time),
    );
  }

  get synced(): boolean {
    return (
      this.#parts.some((part) => part.synced) && this.#parts.every((part) => part.synced || part.refused)
    );
  }

  get skipped(): number {
    return this.#parts.reduce((sum, part) => sum + part.skipped, 0);
  }

  get refusedIn(): readonly string[] {
    return this.#parts.flatMap(({ refusedIn }) => refusedIn);
  }

  start(): void {
    for (const part of this.#parts) part.start();
  }

  async hasSynced(): Promise<void> {
    await Promise.all(this.#parts.map(async (part) => part.answered()));
    // Where none may be read, there is nothing to begin with.
    await Promise.any(this.#parts.map(async (part) => part.hasSynced()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#parts.map(async (part) => part.stop()));
  }

  addHandler(handler: ReflectorHandler<T>): void {
    for (const part of this.#parts) part.addHandler(handler);
  }
}

/** A cache of the namespaces given, or of the whole cluster. */
export function createReflector<T extends KubeObject>({
  namespaces,
  ...options
}: Omit<MultiNamespaceReflectorOptions<T>, "namespaces"> & {
  readonly namespaces?: readonly string[] | undefined;
}): ObjectCache<T> {
  return namespaces === undefined
    ? new Reflector(options)
    : new MultiNamespaceReflector({ ...options, namespaces });
}
