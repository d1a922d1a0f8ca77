import type { Budget } from "../state.ts";

// Three bits for each count and one above it, so that all are compared by one subtraction.
const WIDTH = 4;
const LARGEST = 7;
const FIELDS = ["crashes", "faults", "interferences", "sweeps", "ticks", "switches", "disturbances"] as const;
const GUARDS = 0x08888888;
const ONE_SWITCH = 1 << (WIDTH * FIELDS.indexOf("switches"));
const TURN_AT = WIDTH * FIELDS.length;
const COUNTS = (1 << TURN_AT) - 1;
/** The place of the turn where nobody is in a pass: whoever goes on interrupts nobody. */
const NOBODY = 7;

/**
 * What may still go wrong in one word, with the place of the worker that going on with another one would interrupt.
 *
 * @param turn -1 where that is nobody.
 * @throws RangeError for a budget that is larger than a word can say.
 */
export function packBudget(budget: Budget, turn: number): number {
  const { disturbances } = budget;
  let word = 0;
  for (const [index, field] of FIELDS.entries()) {
    // No more than the disturbances that are left can be any of them.
    const count = index < 3 ? Math.min(budget[field], disturbances) : budget[field];
    if (!(count >= 0 && count <= LARGEST - 1))
      throw new RangeError(`a search takes at most ${LARGEST - 1} ${field}, not ${count}`);
    word |= count << (WIDTH * index);
  }
  return word | ((turn < 0 ? NOBODY : turn) << TURN_AT);
}

/** Whether everything that can go wrong within one budget can within the other: as much of each, and by the same turn. */
export function dominates(larger: number, smaller: number): boolean {
  const turn = larger >>> TURN_AT;
  const isFree = turn === NOBODY || turn === smaller >>> TURN_AT;
  // Where another worker's turn it is, it first takes an interruption to get to the same.
  const needed = (smaller & COUNTS) + (isFree ? 0 : ONE_SWITCH);
  return ((((larger & COUNTS) | GUARDS) - needed) & GUARDS) === GUARDS;
}

/** Whether an interference may still come: only that looks back at snapshots. */
export function looksBack(budget: number): boolean {
  return ((budget >>> (WIDTH * FIELDS.indexOf("interferences"))) & LARGEST) > 0;
}
