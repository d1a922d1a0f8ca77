interface Entry<V> {
  readonly key: string;
  readonly value: V;
  readonly dueAt: number;
}

/** Keys with a due time each, earliest first (a binary heap). A key has one time: the earliest it was given. */
export class TimedKeys<V> {
  readonly #heap: Entry<V>[] = [];
  /** The entry that counts for a key; others in the heap were superseded by an earlier one. */
  readonly #current = new Map<string, Entry<V>>();

  get size(): number {
    return this.#current.size;
  }

  /** The earliest due time, or undefined if there is no key. */
  get nextDueAt(): number | undefined {
    this.#dropSuperseded();
    return this.#heap[0]?.dueAt;
  }

  /** Adds a key, unless it is already due at this time or earlier. */
  add(key: string, value: V, dueAt: number): void {
    const existing = this.#current.get(key);
    if (existing !== undefined && existing.dueAt <= dueAt) return;
    const entry = { key, value, dueAt };
    this.#current.set(key, entry);
    this.#heap.push(entry);
    this.#siftUp(this.#heap.length - 1);
  }

  /** Takes out the earliest key that is due at `now`, if there is one. */
  takeDue(now: number): { key: string; value: V } | undefined {
    const dueAt = this.nextDueAt;
    if (dueAt === undefined || dueAt > now) return undefined;
    const entry = this.#pop();
    if (entry !== undefined) this.#current.delete(entry.key);
    return entry;
  }

  clear(): void {
    this.#heap.length = 0;
    this.#current.clear();
  }

  #dropSuperseded(): void {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#current.get(top.key) === top) return;
      this.#pop();
    }
  }

  #pop(): Entry<V> | undefined {
    const top = this.#heap[0];
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#siftDown();
    }
    return top;
  }

  #siftUp(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#dueAt(parent) <= this.#dueAt(index)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #siftDown(): void {
    for (let index = 0; ;) {
      const left = 2 * index + 1;
      const earlier = this.#dueAt(left + 1) < this.#dueAt(left) ? left + 1 : left;
      if (this.#dueAt(index) <= this.#dueAt(earlier)) return;
      this.#swap(index, earlier);
      index = earlier;
    }
  }

  #dueAt(index: number): number {
    return this.#heap[index]?.dueAt ?? Number.POSITIVE_INFINITY;
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (first === undefined || second === undefined) return;
    this.#heap[a] = second;
    this.#heap[b] = first;
  }
}
