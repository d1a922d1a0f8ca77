const UNITS = [
  { suffix: "d", seconds: 86_400, upTo: Number.POSITIVE_INFINITY },
  { suffix: "h", seconds: 3_600, upTo: 2 * 86_400 },
  { suffix: "m", seconds: 60, upTo: 3 * 3_600 },
  { suffix: "s", seconds: 1, upTo: 120 },
] as const;

/** A span of time as kubectl shows ages: one unit, rounded down, such as `90s`, `5m`, `30h` or `12d`. */
export function shortSpan(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const unit = UNITS.findLast(({ upTo }) => seconds < upTo) ?? UNITS[0];
  return `${Math.floor(seconds / unit.seconds)}${unit.suffix}`;
}

/** How long ago a time of the API server is: `5m`; `?` if it is missing or no time. */
export function age(time: string | undefined, now: Date): string {
  const at = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(at) ? "?" : shortSpan(now.getTime() - at);
}
