import { shown, type Figure } from "./figures.ts";
import type { Run } from "./stored-run.ts";

/** A ratio that worsened by more than this share is a regression. */
const TOLERANCE = 0.15;
/** Digits of a share: 1 - 0.85 must not be more than 0.15. */
const ROUNDED = 9;

/** How a figure of this run is next to that of an earlier one. */
export interface Comparison {
  readonly scenario: string;
  readonly name: string;
  readonly verdict: "worse" | "better" | "same" | "noisy" | "gone";
  /** For a person. */
  readonly text: string;
}

/** By which share a value is worse than another; negative where it is better, Infinity where it left zero. */
function worsening(before: number, now: number, direction: NonNullable<Figure["compared"]>): number {
  const difference = direction === "lower is better" ? now - before : before - now;
  if (difference === 0) return 0;
  if (before === 0) return Math.sign(difference) * Number.POSITIVE_INFINITY;
  return Number((difference / Math.abs(before)).toFixed(ROUNDED));
}

/** The best of what was measured. */
function best({ value, samples = [], compared }: Figure): number {
  const all = samples.length === 0 ? [value] : samples;
  return compared === "higher is better" ? Math.max(...all) : Math.min(...all);
}

/** @throws RangeError where two runs had different scales: their figures mean different things. */
export function mustBeComparable(before: Pick<Run, "scale">, now: Pick<Run, "scale">): void {
  if (before.scale === now.scale) return;
  throw new RangeError(
    `the stored run had --scale ${before.scale}, this one ${now.scale}: run this one with --scale ${before.scale}`,
  );
}

/**
 * Compares two runs. Only figures that do not depend on the machine are compared: ratios and counts, which say by
 * `compared` what is better. Of a figure with several samples, the best one must be worse too: else it is noise.
 *
 * @throws RangeError where they had different scales.
 */
export function compareRuns(before: Run, now: Run): readonly Comparison[] {
  mustBeComparable(before, now);
  return now.measured.flatMap(({ scenario, figures }) => {
    const earlier = before.measured.find((one) => one.scenario === scenario)?.figures ?? [];
    return earlier
      .filter(({ compared }) => compared !== undefined)
      .map((figure) => ({
        scenario,
        name: figure.name,
        ...compareFigures(
          figure,
          figures.find(({ name }) => name === figure.name),
        ),
      }));
  });
}

function compareFigures(before: Figure, now: Figure | undefined): Pick<Comparison, "verdict" | "text"> {
  const { compared = "lower is better", unit } = before;
  if (now === undefined)
    return { verdict: "gone", text: `${shown(before.value, unit)} before, not measured now` };
  const text = `${shown(before.value, unit)} before, ${shown(now.value, unit)} now`;
  const change = worsening(before.value, now.value, compared);
  // What could not be measured any more is no success.
  if (Number.isNaN(change)) return { verdict: Number.isNaN(before.value) ? "same" : "gone", text };
  if (change > TOLERANCE) {
    const bestChange = worsening(before.value, best({ ...now, compared }), compared);
    return { verdict: bestChange > TOLERANCE ? "worse" : "noisy", text };
  }
  return { verdict: change < -TOLERANCE ? "better" : "same", text };
}

/** Whether a comparison is a reason to stop. */
export function isRegression({ verdict }: Comparison): boolean {
  return verdict === "worse" || verdict === "gone";
}
