/** A measurement at a time. */
export interface Sample {
  /** In seconds. */
  readonly at: number;
  readonly value: number;
}

/** What is left of samples when their first third is left out. */
export function lastTwoThirds(samples: readonly Sample[]): readonly Sample[] {
  return samples.slice(Math.floor(samples.length / 3));
}

/** By how much the line that fits samples best rises from the first of them to the last; 0 for fewer than two. */
export function riseOf(samples: readonly Sample[]): number {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.at === first.at) return 0;
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [at, value] = [mean((sample) => sample.at), mean((sample) => sample.value)];
  const covariance = mean((sample) => (sample.at - at) * (sample.value - value));
  const variance = mean((sample) => (sample.at - at) ** 2);
  return (covariance / variance) * (last.at - first.at);
}
