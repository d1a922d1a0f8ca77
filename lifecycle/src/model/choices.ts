/**
 * Where a run of the model world takes its decisions from: a sequence of numbers given beforehand. Equal
 * sequences give equal runs, so that a failure can be replayed and shrunk. An exhausted sequence answers 0,
 * which always is the quiet choice: no fault, no interference.
 */
export class Choices {
  readonly #sequence: readonly number[];
  #next = 0;

  constructor(sequence: readonly number[]) {
    this.#sequence = sequence;
  }

  get exhausted(): boolean {
    return this.#next >= this.#sequence.length;
  }

  /** A number from 0 to `options - 1`. */
  pick(options: number): number {
    const choice = this.#sequence[this.#next] ?? 0;
    this.#next += 1;
    return choice % options;
  }

  /** One of several things, by weight; the first is the quiet one. */
  weighted<T>(options: readonly (readonly [weight: number, thing: T])[]): T {
    const total = options.reduce((sum, [weight]) => sum + weight, 0);
    let rest = this.pick(total);
    for (const [weight, thing] of options) {
      if (rest < weight) return thing;
      rest -= weight;
    }
    throw new RangeError("the weights add up to less than their sum");
  }
}
