import type { Breather } from "../breather.ts";
import type { KubeError } from "../client/kube-error.ts";
import type { KubeObject } from "../client/object-meta.ts";
import { keyOf } from "../client/resource-type.ts";
import type { StoreChange } from "./store.ts";

export interface ReflectorHandler<T> {
  added?(object: T): void;
  updated?(object: T, old: T): void;
  deleted?(object: T): void;
}

/** Something a reflector survived. */
export type ReflectorProblem =
  | { readonly during: "list" | "watch"; readonly error: KubeError; readonly namespace: string | undefined }
  /** The object with this key exists, but does not fit its schema, and was skipped. */
  | { readonly during: "parse"; readonly key: string | undefined; readonly error: Error }
  /** A handler or a transform threw; the store is right nevertheless. */
  | { readonly during: "handle"; readonly key: string; readonly error: unknown };

/** Delivers changes to handlers and problems to a reporter; whatever these do, it never throws. */
export class Delivery<T extends KubeObject> {
  readonly #handlers: ReflectorHandler<T>[] = [];
  readonly #onError: ((problem: ReflectorProblem) => void) | undefined;

  constructor(onError: ((problem: ReflectorProblem) => void) | undefined) {
    this.#onError = onError;
  }

  /** Adds a handler and delivers what is known already to it. */
  add(handler: ReflectorHandler<T>, known: readonly T[]): void {
    this.#handlers.push(handler);
    for (const object of known) this.#deliverTo(handler, { type: "added", object });
  }

  deliver(changes: readonly StoreChange<T>[]): void {
    for (const change of changes) for (const handler of this.#handlers) this.#deliverTo(handler, change);
  }

  /** As {@link deliver}, with pauses. A handler that is added meanwhile knows all of it already. */
  async deliverSlowly(
    changes: readonly StoreChange<T>[],
    breather: Breather,
    signal: AbortSignal,
  ): Promise<void> {
    const handlers = [...this.#handlers];
    for (const change of changes) {
      if (breather.due) await breather.pause();
      if (signal.aborted) return;
      for (const handler of handlers) this.#deliverTo(handler, change);
    }
  }

  report(problem: ReflectorProblem): void {
    try {
      this.#onError?.(problem);
    } catch {
      // A reporter that throws must not end what has the errors.
    }
  }

  #deliverTo(handler: ReflectorHandler<T>, change: StoreChange<T>): void {
    try {
      switch (change.type) {
        case "added":
          handler.added?.(change.object);
          break;
        case "updated":
          handler.updated?.(change.object, change.old);
          break;
        default:
          handler.deleted?.(change.object);
          break;
      }
    } catch (error) {
      this.report({ during: "handle", key: keyOf(change.object), error });
    }
  }
}
