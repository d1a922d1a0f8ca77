import { parseKey } from "../client/resource-type.ts";

/**
 * Waiting keys of one priority, served round-robin by namespace and first-in first-out within a namespace: after at
 * most one key of every other waiting namespace it is a namespace's turn again.
 */
export class FairLine {
  /** In the order of their turn: a namespace that was served goes to the end. */
  readonly #byNamespace = new Map<string, Set<string>>();
  /** All keys in the order of their arrival. */
  readonly #arrivals = new Set<string>();

  get size(): number {
    return this.#arrivals.size;
  }

  has(key: string): boolean {
    return this.#arrivals.has(key);
  }

  add(key: string): void {
    this.#arrivals.add(key);
    const namespace = namespaceOf(key);
    const keys = this.#byNamespace.get(namespace);
    if (keys === undefined) this.#byNamespace.set(namespace, new Set([key]));
    else keys.add(key);
  }

  /** Takes the key whose turn it is. */
  takeNext(): string | undefined {
    const [turn] = this.#byNamespace;
    const [key] = turn?.[1] ?? [];
    if (turn === undefined || key === undefined) return undefined;
    const [namespace, keys] = turn;
    this.delete(key);
    if (keys.size > 0) {
      this.#byNamespace.delete(namespace);
      this.#byNamespace.set(namespace, keys);
    }
    return key;
  }

  /** Takes the key that has been waiting longest, whatever its namespace. */
  takeOldest(): string | undefined {
    const [key] = this.#arrivals;
    if (key !== undefined) this.delete(key);
    return key;
  }

  delete(key: string): boolean {
    if (!this.#arrivals.delete(key)) return false;
    const namespace = namespaceOf(key);
    const keys = this.#byNamespace.get(namespace);
    keys?.delete(key);
    if (keys?.size === 0) this.#byNamespace.delete(namespace);
    return true;
  }

  clear(): void {
    this.#arrivals.clear();
    this.#byNamespace.clear();
  }
}

function namespaceOf(key: string): string {
  return parseKey(key).namespace ?? "";
}
