import { Cron } from "croner";
import { formatDuration, LONGEST_DURATION_MS } from "../duration.ts";

/** When scheduled rotations may start: it opens at the times of a cron expression, and stays open for a while. */
export interface RotationWindow {
  /** Five fields: minute, hour, day of month, month, day of week. */
  readonly schedule: string;
  /** An IANA time zone. */
  readonly timeZone: string;
  /** In milliseconds. */
  readonly duration: number;
}

const SHORTEST_MS = 60_000;
/** Any day: whether a window opens at all does not depend on it. */
const SOME_DAY = Date.UTC(2026, 0, 1);

/** Says which part of a window cannot be used, and why; `undefined` where all of it can. */
export function windowProblem({ schedule, timeZone, duration }: RotationWindow): string | undefined {
  if (schedule.trim().split(/\s+/).length !== 5)
    return `schedule: ${JSON.stringify(schedule)} is no cron expression of five fields such as "0 3 * * 1-5"`;
  if (!isTimeZone(timeZone))
    return `timeZone: ${JSON.stringify(timeZone)} is no IANA time zone such as Europe/Vienna`;
  if (duration < SHORTEST_MS)
    return `duration: ${formatDuration(duration)} is shorter than ${formatDuration(SHORTEST_MS)}`;
  if (duration > LONGEST_DURATION_MS)
    return `duration: ${formatDuration(duration)} is too long; at most ten years`;
  try {
    const opens = nextOpening({ schedule, timeZone, duration }, SOME_DAY) !== undefined;
    return opens ? undefined : `schedule: ${JSON.stringify(schedule)} names no time that ever comes`;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `schedule: ${JSON.stringify(schedule)} is no cron expression: ${why}`;
  }
}

/** When the window opens for the first time after a time; `undefined` if it never does. */
export function nextOpening({ schedule, timeZone }: RotationWindow, after: number): number | undefined {
  return new Cron(schedule, { timezone: timeZone, paused: true }).nextRun(new Date(after))?.getTime();
}

/** When the window was opened that is open at a time; `undefined` where none is. Of several, the first. */
export function openedAt(window: RotationWindow, time: number): number | undefined {
  const opening = nextOpening(window, time - window.duration);
  return opening !== undefined && opening <= time ? opening : undefined;
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).format(0) !== "";
  } catch {
    return false;
  }
}
