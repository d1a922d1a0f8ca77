import { parseDuration } from "@signatureapi-keys/lifecycle";
import type { PartlyDeclared } from "./args-schema.ts";
import { hasUnknown, isUnknown, UNKNOWN, type Properties } from "./wire.ts";

const HOUR = 3_600_000;
const DEFAULT_OVERLAP_MS = HOUR;

/** What `check` adds to the declared inputs, so that a preview shows what is due. */
export interface Schedule {
  /** Counts rotations; a greater one than before is a rotation. Unknown in a preview whose trigger is unknown. */
  readonly generation: number | string;
  /** When the next rotation is due, without `early`. */
  readonly rotateAt?: string | undefined;
  /** Keys up to this generation are to be revoked; a greater one than before is a revocation. */
  readonly retiredGeneration: number;
  /** When the overlap of a replaced generation ends. */
  readonly retireAt?: Readonly<Record<string, string>> | undefined;
}

type Rotation = NonNullable<PartlyDeclared["rotation"]>;

/** The inputs that the last `check` gave, as far as they matter here. */
interface Before {
  readonly schedule: Schedule & { readonly generation: number };
  readonly rotation: Rotation;
}

const ms = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : parseDuration(text);
const iso = (time: number): string => new Date(time).toISOString();
/** Whole hours, so that a preview, the plan that it saves, and the update that follows agree. */
const fullHour = (time: number): number => Math.ceil(time / HOUR) * HOUR;

/** Reads the schedule of old inputs; `undefined` where there is none, as at a create. */
export function readBefore(olds: Properties): Before | undefined {
  const { generation, retiredGeneration, rotateAt, retireAt } = olds;
  if (typeof generation !== "number") return undefined;
  return {
    schedule: {
      generation,
      rotateAt: isTime(rotateAt) ? rotateAt : undefined,
      retiredGeneration: typeof retiredGeneration === "number" ? retiredGeneration : 0,
      retireAt: readTimes(retireAt),
    },
    rotation: (typeof olds["rotation"] === "object" ? olds["rotation"] : undefined) ?? {},
  };
}

function readTimes(value: unknown): Record<string, string> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.fromEntries(Object.entries(value).filter(([, time]) => isTime(time)));
}

/** Whether a value is a time. What else an edited state may hold announces nothing. */
function isTime(value: unknown): value is string {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}

/** How long a replaced key works on, in milliseconds. */
export function overlapOf(rotation: Rotation | undefined): number {
  return ms(rotation?.overlap) ?? DEFAULT_OVERLAP_MS;
}

/**
 * Decides what is due, from the old inputs and the time alone: it runs in previews as in updates.
 *
 * @param news the declared `rotation` as given, with unknowns.
 */
export function schedule(
  before: Before | undefined,
  news: unknown,
  rotation: Rotation,
  now: number,
): Schedule {
  if (before === undefined) {
    const every = ms(rotation.every);
    return {
      generation: 1,
      retiredGeneration: 0,
      ...(every !== undefined && { rotateAt: iso(fullHour(now) + every) }),
    };
  }
  if (isUnknown(news)) return { ...before.schedule, generation: UNKNOWN };
  const { rotateAt, due } = nextRotation(before, rotation, now);
  const triggered = rotation.trigger !== undefined && rotation.trigger !== before.rotation.trigger;
  const rotates = due || triggered;
  const { generation } = before.schedule;
  const next = {
    ...retirement(before.schedule, { rotates, overlap: overlapOf(rotation), now }),
    ...(rotateAt !== undefined && { rotateAt: iso(rotateAt) }),
  };
  // An unknown part may turn out to be a new trigger or a shorter period.
  if (!rotates && hasUnknown(news)) return { ...next, generation: UNKNOWN };
  return { ...next, generation: rotates ? generation + 1 : generation };
}

/** The next time of rotation, and whether the present one has come. */
function nextRotation(
  before: Before,
  rotation: Rotation,
  now: number,
): { rotateAt: number | undefined; due: boolean } {
  const every = ms(rotation.every);
  if (every === undefined) return { rotateAt: undefined, due: false };
  if (before.schedule.rotateAt === undefined) return { rotateAt: fullHour(now) + every, due: false };
  const last = Date.parse(before.schedule.rotateAt);
  // A changed period counts from the same beginning.
  const first = last - (ms(before.rotation.every) ?? every) + every;
  const early = ms(rotation.early) ?? 0;
  if (now < first - early) return { rotateAt: first, due: false };
  const periods = Math.floor((now + early - first) / every) + 1;
  return { rotateAt: first + periods * every, due: true };
}

/** What is revoked now, and what later: without an overlap everything is revoked now. */
function retirement(
  before: Before["schedule"],
  { rotates, overlap, now }: { rotates: boolean; overlap: number; now: number },
): Pick<Schedule, "retiredGeneration" | "retireAt"> {
  const ends = new Map(
    Object.entries(before.retireAt ?? {}).map(([generation, at]) => [Number(generation), Date.parse(at)]),
  );
  if (rotates) ends.set(before.generation, fullHour(now + overlap));
  const isDue = (at: number): boolean => overlap === 0 || at <= now;
  const due = [...ends].flatMap(([generation, at]) => (isDue(at) ? [generation] : []));
  const later = [...ends].filter(([, at]) => !isDue(at));
  return {
    retiredGeneration: Math.max(before.retiredGeneration, ...due),
    ...(later.length > 0 && {
      retireAt: Object.fromEntries(later.map(([generation, at]) => [String(generation), iso(at)])),
    }),
  };
}
