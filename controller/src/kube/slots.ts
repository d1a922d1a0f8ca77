/**
 * The number of reconciles that may run at the same time. A reconcile that waits for others gives its slot back
 * meanwhile, so that a slow neighbour holds nobody up.
 */
export class Slots {
  #free: number;
  readonly #line: (() => void)[] = [];
  /** How many of those at the head of the line have had a slot before. */
  #begun = 0;

  /** @param count at least one. */
  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves once a slot is free. Who has begun comes before who has not. @param begun whether the caller has had one. */
  async take(begun: boolean): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve) => {
      if (begun) this.#line.splice(this.#begun++, 0, resolve);
      else this.#line.push(resolve);
    });
  }

  /** Takes a slot at once, also where none is free: what must not wait runs beside the others. */
  force(): void {
    this.#free -= 1;
  }

  /** Gives a slot back. */
  give(): void {
    this.#free += 1;
    if (this.#free <= 0) return;
    const next = this.#line.shift();
    if (next === undefined) return;
    this.#begun = Math.max(0, this.#begun - 1);
    this.#free -= 1;
    next();
  }
}
