import { shareOf } from "./share.ts";
import { nextOpening, openedAt, type RotationWindow } from "./window.ts";

/** What decides when a key is replaced by schedule. Times in milliseconds since the epoch, durations in milliseconds. */
export interface Rotation {
  /** When the key was committed. */
  readonly committedAt: number;
  readonly every: number;
  readonly window?: RotationWindow | undefined;
  /** Names this one key, so that a fleet that was declared at once is not replaced at once: owner and revision. */
  readonly key: string;
}

/** So much of `every`, at most, a rotation comes earlier than declared. */
const MOST_EARLY = 0.1;
/** Into so much of a window, from its opening on, the rotations are spread that had to wait for it. */
const SPREAD = 0.5;

/**
 * When a key is due to be replaced: up to a tenth of `every` earlier than that, never later, unless a window has
 * it wait for an opening. It moves on only where an opening has passed without a rotation.
 *
 * @returns `undefined` where the window never opens.
 */
export function nextRotationAt(rotation: Rotation, now: number): number | undefined {
  const { committedAt, every, window, key } = rotation;
  const share = shareOf(key);
  const due = committedAt + every - Math.floor(share * every * MOST_EARLY);
  if (window === undefined) return due;
  const start = firstStart(window, due, share);
  if (start === undefined || start >= now) return start;
  const opened = openedAt(window, now);
  if (opened === undefined) return firstStart(window, now, share);
  return start >= opened ? start : opened + spread(window, share);
}

/** The first time within a window, from a time on. Those that wait for an opening do not all start with it. */
function firstStart(window: RotationWindow, from: number, share: number): number | undefined {
  if (openedAt(window, from) !== undefined) return from;
  const opening = nextOpening(window, from);
  return opening === undefined ? undefined : opening + spread(window, share);
}

function spread({ duration }: RotationWindow, share: number): number {
  return Math.floor(share * duration * SPREAD);
}
