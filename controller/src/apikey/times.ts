/** Times that a timestamp of four digits can name; the API server takes no other. */
const FIRST = Date.UTC(1, 0, 1);
const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * Reads a time that was written into a status or an annotation. Annotations can be edited: what could not be written
 * into a status is no time.
 *
 * @returns milliseconds since the epoch, or `undefined` where there is none.
 */
export function readTime(text: string | undefined): number | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return time >= FIRST && time <= LAST ? time : undefined;
}

/** Writes milliseconds since the epoch as RFC 3339. */
export function writeTime(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
