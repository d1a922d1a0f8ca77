import type { Inputs } from "./inputs.ts";
import type { Outputs, Previous } from "./outputs.ts";
import { overlapOf } from "./schedule.ts";

type Announced = Pick<Inputs, "rotation" | "schedule">;

/**
 * When the key of a generation that is replaced now is revoked (ISO 8601): at the announced time, and never before its
 * overlap has passed.
 *
 * @param now milliseconds since the epoch.
 */
export function revokeAt(inputs: Announced, generation: number, now: number): string {
  const announced = inputs.schedule.retireAt?.[String(generation)];
  const least = now + overlapOf(inputs.rotation);
  return new Date(Math.max(least, announced === undefined ? least : Date.parse(announced))).toISOString();
}

/**
 * The replaced keys to revoke now: those that have outlived their time, and, without an overlap, those that the inputs
 * announce.
 *
 * @param now milliseconds since the epoch.
 */
export function dueKeys({ previous }: Outputs, inputs: Announced, now: number): Previous[] {
  const isAnnounced = ({ generation }: Previous): boolean =>
    overlapOf(inputs.rotation) === 0 && generation <= inputs.schedule.retiredGeneration;
  return previous.filter((key) => Date.parse(key.revokeAt) <= now || isAnnounced(key));
}

/** The outputs without a replaced key that was revoked. */
export function withoutPrevious(outputs: Outputs, keyId: string): Outputs {
  return { ...outputs, previous: outputs.previous.filter((key) => key.keyId !== keyId) };
}

/** The outputs after all revocations: what was not due yet keeps the announcement in the next preview. */
export function afterRetirement(outputs: Outputs, { schedule }: Pick<Inputs, "schedule">): Outputs {
  const { retiredGeneration } = schedule;
  const isWaiting = outputs.previous.some(({ generation }) => generation <= retiredGeneration);
  return isWaiting ? outputs : { ...outputs, retiredGeneration };
}
