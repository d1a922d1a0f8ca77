import type { Gauge } from "@prometheus-io/client";

/** A condition, as far as a metric shows it. Its reason is one of a fixed list. */
export interface ShownCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

/**
 * The conditions of objects as series of a gauge, each with the value 1.
 *
 * Only conditions that an object has now have a series, so an object has as many series as conditions, and a reason that
 * ended leaves none behind. A series for every possible reason would be more than sixty for each object.
 */
export class ConditionSeries<L extends string> {
  readonly #gauge: Gauge<L | keyof ShownCondition>;
  readonly #shown = new Map<string, readonly ShownCondition[]>();

  constructor(gauge: Gauge<L | keyof ShownCondition>) {
    this.#gauge = gauge;
  }

  /** Shows the conditions of an object in place of those that it had before. */
  show(object: Readonly<Record<L, string>>, conditions: readonly ShownCondition[]): void {
    this.forget(object);
    const shown = conditions.map(({ type, status, reason }) => ({ type, status, reason }));
    for (const condition of shown) this.#gauge.set({ ...object, ...condition }, 1);
    this.#shown.set(JSON.stringify(object), shown);
  }

  /** The object is gone: its series go too. */
  forget(object: Readonly<Record<L, string>>): void {
    const key = JSON.stringify(object);
    for (const condition of this.#shown.get(key) ?? []) this.#gauge.remove({ ...object, ...condition });
    this.#shown.delete(key);
  }
}
