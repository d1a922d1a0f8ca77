/** Something at a time, in milliseconds. */
interface Timed {
  readonly time: number;
}

/** The most of them in any second. */
export function mostWithinASecond(requests: readonly Timed[]): number {
  const times = requests.map(({ time }) => time).toSorted((a, b) => a - b);
  let most = 0;
  let first = 0;
  for (const [index, time] of times.entries()) {
    while (time - (times[first] ?? time) >= 1_000) first++;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

/** How much of what a limit allows from the first to the last request they are: the burst, and so many a second. */
export function usedShare(
  requests: readonly Timed[],
  { requestsPerSecond, burst }: { readonly requestsPerSecond: number; readonly burst: number },
): number {
  const times = requests.map(({ time }) => time);
  const seconds = (Math.max(...times) - Math.min(...times)) / 1_000;
  return requests.length / (burst + requestsPerSecond * seconds);
}
