import type { Room } from "../crash/room.ts";
import { untilSettled } from "../crash/run-row.ts";

/** Declares the room's ApiKey, and waits until its first key is delivered. */
export async function delivered(room: Room): Promise<void> {
  await room.declare();
  await untilSettled(room, 1);
}

/** The same with a fault in the way of it. @param strike puts it there. */
export async function declareAfter(room: Room, strike: () => void): Promise<void> {
  strike();
  await delivered(room);
}
