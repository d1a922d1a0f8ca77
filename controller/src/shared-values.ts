/** How many values are known at a time. */
const MOST_VALUES = 1_024;
/** A value whose key is longer is not shared, in UTF-16 units. */
const LONGEST_KEY = 1_024;

/**
 * One copy of values that many objects have in common: thousands of cached objects differ by their names, and little else.
 * What it gives is shared, and must not be changed. Bounded: what is no longer known is made once more.
 */
export class SharedValues<T> {
  readonly #values = new Map<string, T>();

  /** The value of this key. @param make makes it; the same for each call with the same key. */
  of(key: string, make: () => T): T {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const value = make();
    if (key.length > LONGEST_KEY) return value;
    if (this.#values.size >= MOST_VALUES) this.#values.clear();
    this.#values.set(key, value);
    return value;
  }

  /** The first value with the same JSON as this one. */
  alike(value: T): T {
    return this.of(JSON.stringify(value), () => value);
  }
}

const texts = new SharedValues<string>();

/** The first text that was equal to this one. For names that many objects have, and never for a value. */
export function sharedText(text: string): string {
  return texts.of(text, () => text);
}
