import * as z from "zod";

/** How long ago the last thing happened that a recording shows: less than what makes a record look restored, and more than any wait. */
const AGE_MS = 30 * 60_000;

const vendorSchema = z.looseObject({ keys: z.array(z.looseObject({ createdAt: z.iso.datetime() })) });

/** When the newest key of a recording was made, in milliseconds since the epoch. @param vendor the emulator's state. */
export function recordedAt(vendor: string): number {
  const { keys } = vendorSchema.parse(JSON.parse(vendor));
  return Math.max(...keys.map(({ createdAt }) => Date.parse(createdAt)));
}

/**
 * Moves every time in a recording, so that it was made just now. What was cut off hours ago is judged otherwise than what
 * was cut off a moment ago: without this, what a test sees would depend on the day.
 */
export function asOfNow(text: string, recorded: number, now: number): string {
  const shift = now - AGE_MS - recorded;
  return text.replaceAll(/\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?<fraction>\.\d+)?Z/g, (time, fraction) => {
    const moved = new Date(Date.parse(time) + shift).toISOString();
    return fraction === undefined ? moved.replace(/\.\d+Z$/, "Z") : moved;
  });
}
