import { dominates, looksBack } from "./budgets.ts";
import type { StateKey } from "./key.ts";
import type { Word64 } from "./mixed-words.ts";

const WORDS = 5;
const LOW = 0;
const HIGH = 1;
const PAST_LOW = 2;
const PAST_HIGH = 3;
const BUDGET = 4;
/** Set in the last word of each entry, so that none is taken for an empty one. */
const USED = 1 << 31;
const FIRST_CAPACITY = 1 << 12;
const FULL = 0.6;

/**
 * The states that a search has seen, and what could still go wrong in each: an open hash table over one typed array,
 * with 20 bytes an entry. A state is there more than once where it was met with budgets of which none includes another.
 */
export class Seen {
  /** How many different states are there, whatever may still go wrong in them. */
  states = 0;
  #slots = new Int32Array(FIRST_CAPACITY * WORDS);
  #capacity = FIRST_CAPACITY;
  #used = 0;

  /**
   * Adds a state with what may still go wrong in it.
   *
   * @returns whether something may happen that was not seen: not where it was seen with as much budget.
   */
  add(key: StateKey, budget: number): boolean {
    const slots = this.#slots;
    const mask = this.#capacity - 1;
    let replaced = -1;
    let isKnown = false;
    for (let slot = key.low & mask; ; slot = (slot + 1) & mask) {
      const at = slot * WORDS;
      const word = slots[at + BUDGET] ?? 0;
      if (word === 0) {
        this.#put(replaced < 0 ? at : replaced, key, budget, replaced < 0);
        if (!isKnown) this.states += 1;
        return true;
      }
      if (slots[at + LOW] !== key.low || slots[at + HIGH] !== key.high) continue;
      isKnown = true;
      const known = word & ~USED;
      const samePast = slots[at + PAST_LOW] === key.past.low && slots[at + PAST_HIGH] === key.past.high;
      if ((samePast || !looksBack(budget)) && dominates(known, budget)) return false;
      if (replaced < 0 && (samePast || !looksBack(known)) && dominates(budget, known)) replaced = at;
    }
  }

  #put(at: number, key: StateKey, budget: number, isMore: boolean): void {
    const slots = this.#slots;
    slots[at + LOW] = key.low;
    slots[at + HIGH] = key.high;
    slots[at + PAST_LOW] = key.past.low;
    slots[at + PAST_HIGH] = key.past.high;
    slots[at + BUDGET] = budget | USED;
    if (!isMore) return;
    this.#used += 1;
    if (this.#used > FULL * this.#capacity) this.#grow();
  }

  #grow(): void {
    const old = this.#slots;
    this.#capacity *= 2;
    const slots = new Int32Array(this.#capacity * WORDS);
    const mask = this.#capacity - 1;
    for (let at = 0; at < old.length; at += WORDS) {
      if (old[at + BUDGET] === 0) continue;
      let slot = (old[at + LOW] ?? 0) & mask;
      while (slots[slot * WORDS + BUDGET] !== 0) slot = (slot + 1) & mask;
      slots.set(old.subarray(at, at + WORDS), slot * WORDS);
    }
    this.#slots = slots;
  }
}

const MARK_WORDS = 2;

/** A set of 64-bit digests: an open hash table over one typed array, with 8 bytes an entry. */
export class Marks {
  #slots = new Int32Array(FIRST_CAPACITY * MARK_WORDS);
  #capacity = FIRST_CAPACITY;
  #size = 0;

  has(mark: Word64): boolean {
    return this.#slots[this.#find(mark) + HIGH] !== 0;
  }

  add(mark: Word64): void {
    const at = this.#find(mark);
    if (this.#slots[at + HIGH] !== 0) return;
    this.#slots[at + LOW] = mark.low;
    this.#slots[at + HIGH] = filled(mark.high);
    this.#size += 1;
    if (this.#size > FULL * this.#capacity) this.#grow();
  }

  /** Where a mark is, or would be. */
  #find({ low, high }: Word64): number {
    const slots = this.#slots;
    const mask = this.#capacity - 1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const at = slot * MARK_WORDS;
      const found = slots[at + HIGH];
      if (found === 0 || (found === filled(high) && slots[at + LOW] === low)) return at;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#capacity *= 2;
    this.#slots = new Int32Array(this.#capacity * MARK_WORDS);
    this.#size = 0;
    for (let at = 0; at < old.length; at += MARK_WORDS) {
      const high = old[at + HIGH] ?? 0;
      if (high !== 0) this.add({ low: old[at + LOW] ?? 0, high });
    }
  }
}

/** Zero is what an empty slot has. */
function filled(high: number): number {
  return high === 0 ? 1 : high;
}
