import { formatDuration, parseDuration } from "@signatureapi-keys/lifecycle";
import * as z from "zod";

/** A flag such as `90s` or `1h30m`, in milliseconds. A number alone is seconds, as in kubectl; 0 means: without end. */
export function durationFlag(defaultMs: number): z.ZodType<number> {
  return z
    .string()
    .default(formatDuration(defaultMs))
    .transform((text, context) => {
      const ms = parseDuration(/^[0-9]+$/u.test(text) ? `${text}s` : text);
      if (ms !== undefined) return ms;
      context.addIssue(`${JSON.stringify(text)} is not a duration; write it as 90s, 5m or 1h30m`);
      return z.NEVER;
    });
}
