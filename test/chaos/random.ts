import { createHash } from "node:crypto";

/**
 * Random choices that can be made again: equal seeds and streams give equal sequences. Each concern draws from a
 * stream of its own, so that one more choice here does not change the choices there.
 *
 * It is sfc32, seeded by a digest: good enough to choose what breaks, and for nothing secret.
 */
export class Random {
  readonly #state: Uint32Array;

  constructor(seed: number, stream: string) {
    const digest = createHash("sha256").update(`${seed} ${stream}`).digest();
    this.#state = Uint32Array.from([0, 4, 8, 12], (offset) => digest.readUInt32LE(offset));
    for (let warm = 0; warm < 16; warm += 1) this.next();
  }

  /** From 0 to below 1. */
  next(): number {
    const [a = 0, b = 0, c = 0, count = 0] = this.#state;
    const sum = (a + b + count) >>> 0;
    this.#state[0] = b ^ (b >>> 9);
    this.#state[1] = c + (c << 3);
    this.#state[2] = ((c << 21) | (c >>> 11)) + sum;
    this.#state[3] = count + 1;
    return sum / 0x1_0000_0000;
  }

  /** From `least` to below `limit`. */
  between(least: number, limit: number): number {
    return least + this.next() * (limit - least);
  }

  /** A whole number from `least` to `most`. */
  int(least: number, most: number): number {
    return Math.floor(this.between(least, most + 1));
  }

  /** Whether something of this probability happens. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of a list. @throws RangeError where there is none. */
  pick<T>(list: readonly T[]): T {
    const chosen = list[this.int(0, list.length - 1)];
    if (chosen === undefined) throw new RangeError("nothing to choose from");
    return chosen;
  }

  /** A name, each as likely as its weight says. @throws RangeError where there is none. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    // oxlint-disable-next-line no-unsafe-type-assertion -- Object.entries forgets the names
    const entries = Object.entries<number>(weights) as [K, number][];
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) return name;
    }
    throw new RangeError("nothing to choose from");
  }
}
