/** What a figure has to be. */
interface Target {
  readonly is: "at most" | "at least";
  readonly value: number;
}

/** One measured number. */
export interface Figure {
  /** Unique within its scenario. */
  readonly name: string;
  readonly value: number;
  /** Such as `ms` or `MiB`; empty for a ratio or a count. */
  readonly unit: string;
  /** What it was measured over, where the name does not say it. */
  readonly note?: string | undefined;
  readonly target?: Target | undefined;
  /** What of the value may be compared with another run on another day; undefined for what depends on the machine. */
  readonly compared?: "lower is better" | "higher is better" | undefined;
  /** The repeated measurements behind the value, if there are some. */
  readonly samples?: readonly number[] | undefined;
}

/** What a scenario has measured. */
export interface Measured {
  readonly scenario: string;
  readonly figures: readonly Figure[];
}

/** Whether a figure is as it has to be; undefined without a target. */
export function reached({ value, target }: Figure): boolean | undefined {
  if (target === undefined) return undefined;
  return target.is === "at most" ? value <= target.value : value >= target.value;
}

/** The number at a share of the sorted list, such as 0.5 for the median; NaN for an empty list. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const DIGITS = 3;

/** A number as a table shows it: three digits that count, or a whole number. */
export function shownNumber(value: number): string {
  if (!Number.isFinite(value)) return "not measured";
  if (Number.isInteger(value) || Math.abs(value) >= 10 ** (DIGITS - 1))
    return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(DIGITS)));
}

/** A value with its unit. */
export function shown(value: number, unit: string): string {
  return unit === "" ? shownNumber(value) : `${shownNumber(value)} ${unit}`;
}
