/**
 * What waits to be written, by namespace: namespaces take turns, and if there is no space left, the namespace loses that
 * has most waiting. So no namespace can make another wait behind all of its own, or lose what it has.
 */
export class FairBacklog<T> {
  readonly #most: number;
  /** In the order of their turn: a namespace that was served goes to the end. None is empty. */
  readonly #waiting = new Map<string, Set<T>>();
  #size = 0;

  /** @param most how much waits at a time */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds an item unless it waits already. @returns what has to go for it, which may be the item itself. */
  add(namespace: string, item: T): T | undefined {
    const own = this.#waiting.get(namespace) ?? new Set();
    if (own.has(item)) return undefined;
    const dropped = this.#size < this.#most ? undefined : this.#dropFor(own.size, item);
    if (dropped === item) return dropped;
    own.add(item);
    this.#waiting.set(namespace, own);
    this.#size++;
    return dropped;
  }

  /** Takes the oldest item of the namespace whose turn it is. */
  takeNext(): T | undefined {
    const [turn] = this.#waiting;
    if (turn === undefined) return undefined;
    const [namespace, items] = turn;
    const [item] = items;
    this.#waiting.delete(namespace);
    if (item === undefined) return undefined;
    items.delete(item);
    if (items.size > 0) this.#waiting.set(namespace, items);
    this.#size--;
    return item;
  }

  /** Drops the newest item of the largest namespace, or says that `item` is to go, whose namespace has `own` waiting. */
  #dropFor(own: number, item: T): T {
    let largest: readonly [string, Set<T>] | undefined;
    for (const entry of this.#waiting) if (entry[1].size > (largest?.[1].size ?? own)) largest = entry;
    if (largest === undefined) return item;
    const [namespace, items] = largest;
    const newest = [...items].at(-1);
    if (newest === undefined) return item;
    items.delete(newest);
    if (items.size === 0) this.#waiting.delete(namespace);
    this.#size--;
    return newest;
  }
}
