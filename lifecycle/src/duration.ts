const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The longest duration that can be declared anywhere, in milliseconds: ten years. Times stay far from where dates end. */
export const LONGEST_DURATION_MS = 3_660 * 86_400_000;

/** The longest text of a duration, in characters. */
export const LONGEST_DURATION_TEXT = 32;

/** What a duration in a manifest looks like: Go's notation with whole or decimal numbers, plus `d` for 24 hours. */
export const DURATION_PATTERN = String.raw`^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$`;

/**
 * Reads a duration such as `90d`, `24h`, `1h30m` or `500ms`.
 *
 * @returns milliseconds, rounded to a whole number; `undefined` if the text is no duration.
 */
export function parseDuration(text: string): number | undefined {
  if (!new RegExp(DURATION_PATTERN).test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (UNIT_MS[unit ?? ""] ?? Number.NaN);
  }
  return Number.isSafeInteger(Math.round(total)) ? Math.round(total) : undefined;
}

/**
 * Says why a text is no duration that can be declared.
 *
 * @param shortest the least, in milliseconds.
 * @param example a duration as it is usual here, such as `90d`.
 * @returns the end of a sentence about the field, or `undefined` where the duration can be used.
 */
export function durationProblem(text: string, shortest: number, example: string): string | undefined {
  if (text.length > LONGEST_DURATION_TEXT)
    return `the text is longer than ${LONGEST_DURATION_TEXT} characters; write it as ${example}`;
  const ms = parseDuration(text);
  if (ms === undefined) return `${JSON.stringify(text)} is not a duration; write it as ${example}`;
  if (ms < shortest) return `${text} is too short; at least ${formatDuration(shortest)}`;
  return ms > LONGEST_DURATION_MS ? `${text} is too long; at most ten years` : undefined;
}

/** Writes milliseconds the way {@link parseDuration} reads them, in the largest units that fit: `1h30m`, `2d`. */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.round(ms));
  if (rest === 0) return "0s";
  let text = "";
  for (const unit of ["d", "h", "m", "s", "ms"] as const) {
    const size = UNIT_MS[unit] ?? 1;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}
