/** Lets so many tasks run at a time, in the order in which they came. */
export class Places {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(places: number) {
    this.#free = places;
  }

  /** Runs a task as soon as a place is free. A rejection that nobody has asked for yet is no unhandled one. */
  in<R>(task: () => Promise<R>): Promise<R> {
    const result = this.#enter()
      .then(task)
      .finally(() => this.#leave());
    result.catch(() => undefined);
    return result;
  }

  async #enter(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
