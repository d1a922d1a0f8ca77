/** 64 bits, as two signed words of 32. */
export interface Word64 {
  readonly low: number;
  readonly high: number;
}

/**
 * A digest of a sequence of 32-bit words, in 64 bits: two lanes that mix each word with constants of their own, as
 * MurmurHash3 does. Two different sequences share a digest with a probability of about 2^-64; that nobody chooses them
 * to collide is what makes it enough.
 */
export class MixedWords {
  #low = 0x1b873593;
  #high = 0x2545f491;
  #count = 0;

  add(word: number): void {
    let left = Math.imul(word, 0xcc9e2d51 | 0);
    left = (left << 15) | (left >>> 17);
    this.#low ^= Math.imul(left, 0x1b873593);
    this.#low = (this.#low << 13) | (this.#low >>> 19);
    this.#low = (Math.imul(this.#low, 5) + 0xe6546b64) | 0;
    let right = Math.imul(word ^ 0x5bd1e995, 0x9e3779b1 | 0);
    right = (right << 11) | (right >>> 21);
    this.#high ^= Math.imul(right, 0x85ebca77 | 0);
    this.#high = (this.#high << 17) | (this.#high >>> 15);
    this.#high = (Math.imul(this.#high, 9) + 0x38495ab5) | 0;
    this.#count += 1;
  }

  /** The digest of what was added so far; more can be added after it. */
  end(): Word64 {
    return {
      low: avalanche(this.#low ^ this.#count),
      high: avalanche(Math.imul(this.#high ^ this.#count, 0xc2b2ae3d | 0)),
    };
  }
}

/** Lets each bit of a word change about half of the bits. */
function avalanche(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b | 0);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35 | 0);
  return mixed ^ (mixed >>> 16);
}
