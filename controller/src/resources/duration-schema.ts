import {
  DURATION_PATTERN,
  formatDuration,
  LONGEST_DURATION_TEXT,
  LONGEST_DURATION_MS,
  parseDuration,
} from "@signatureapi-keys/lifecycle";
import * as z from "zod";
import { rules } from "./schema.ts";

const LONGEST = formatDuration(LONGEST_DURATION_MS);

/**
 * A duration in a spec. The API server holds it within its bounds, as long as the schema is as generated: code checks
 * them again.
 *
 * @param shortest a duration as {@link parseDuration} reads it.
 */
export function duration(description: string, shortest: string): z.ZodString {
  const least = parseDuration(shortest) ?? 0;
  const bounds: (readonly [string, string])[] = [
    [`${milliseconds("self")} <= ${double(LONGEST_DURATION_MS)}`, `must be at most ${LONGEST}`],
  ];
  if (least > 0)
    bounds.unshift([`${milliseconds("self")} >= ${double(least)}`, `must be at least ${shortest}`]);
  return z
    .string()
    .max(LONGEST_DURATION_TEXT)
    .regex(new RegExp(DURATION_PATTERN))
    .describe(description)
    .meta(rules(...bounds));
}

/** The milliseconds of a duration as a CEL expression of type double: CEL's own durations know no days. */
export function milliseconds(text: string): string {
  const unit =
    "p.endsWith('ms') ? 1.0 : p.endsWith('s') ? 1000.0 : p.endsWith('m') ? 60000.0 : p.endsWith('h') ? 3600000.0 : 86400000.0";
  return `${text}.findAll('[0-9.]+[a-z]+').map(p, double(p.find('[0-9.]+')) * (${unit})).sum()`;
}

function double(value: number): string {
  return `${value}.0`;
}
