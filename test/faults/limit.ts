/** Lets so many tasks run at a time, in the order in which they came. */
export class Limit {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(tasks: number) {
    this.#free = tasks;
  }

  /** Runs a task as soon as the limit allows it. A rejection that is not awaited yet does not count as unhandled. */
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
