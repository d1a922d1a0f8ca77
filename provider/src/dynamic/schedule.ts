import { parseDuration } from "@signatureapi-keys/lifecycle";
import type { PartlyDeclared } from "./args-schema.ts";
import { isUnknown, unknownValue, type Properties } from "./wire.ts";

const HOUR = 3_600_000;
const DEFAULT_OVERLAP = "1h";

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
      rotateAt: typeof rotateAt === "string" ? rotateAt : undefined,
      retiredGeneration: typeof retiredGeneration === "number" ? retiredGeneration : 0,
      retireAt: readTimes(retireAt),
    },
    rotation: (typeof olds["rotation"] === "object" ? olds["rotation"] : undefined) ?? {},
  };
}

function readTimes(value: unknown): Record<string, string> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
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
  if (isUnknown(news)) return { ...before.schedule, generation: unknownValue };
  const { rotateAt, due } = clock(before, rotation, now);
  const triggered = rotation.trigger !== undefined && rotation.trigger !== before.rotation.trigger;
  const rotates = due || triggered;
  const retirement = retire(before.schedule, {
    rotates,
    overlap: ms(rotation.overlap ?? DEFAULT_OVERLAP) ?? HOUR,
    now,
  });
  const { generation } = before.schedule;
  const next = { ...retirement, ...(rotateAt !== undefined && { rotateAt: iso(rotateAt) }) };
  if (!rotates && isUndecided(news)) return { ...next, generation: unknownValue };
  return { ...next, generation: rotates ? generation + 1 : generation };
}

/** Whether an unknown may turn out to be a new trigger or a shorter period. */
function isUndecided(rotation: unknown): boolean {
  return typeof rotation === "object" && rotation !== null && Object.values(rotation).some(isUnknown);
}

/** The next time of rotation, and whether the present one has come. */
function clock(
  before: Before,
  rotation: Rotation,
  now: number,
): { rotateAt: number | undefined; due: boolean } {
  const every = ms(rotation.every);
  if (every === undefined) return { rotateAt: undefined, due: false };
  const last = before.schedule.rotateAt === undefined ? undefined : Date.parse(before.schedule.rotateAt);
  if (last === undefined || Number.isNaN(last)) return { rotateAt: fullHour(now) + every, due: false };
  // A changed period counts from the same beginning.
  const first = last - (ms(before.rotation.every) ?? every) + every;
  const early = ms(rotation.early) ?? 0;
  if (now < first - early) return { rotateAt: first, due: false };
  const periods = Math.floor((now + early - first) / every) + 1;
  return { rotateAt: first + periods * every, due: true };
}

/** What is revoked now, and what later. */
function retire(
  before: Before["schedule"],
  { rotates, overlap, now }: { rotates: boolean; overlap: number; now: number },
): Pick<Schedule, "retiredGeneration" | "retireAt"> {
  const waiting = new Map(
    Object.entries(before.retireAt ?? {}).map(([generation, at]) => [Number(generation), Date.parse(at)]),
  );
  if (rotates) waiting.set(before.generation, overlap === 0 ? now : fullHour(now + overlap));
  let { retiredGeneration } = before;
  for (const [generation, at] of waiting) {
    if (overlap > 0 && !(at <= now)) continue;
    retiredGeneration = Math.max(retiredGeneration, generation);
    waiting.delete(generation);
  }
  if (waiting.size === 0) return { retiredGeneration };
  return {
    retiredGeneration,
    retireAt: Object.fromEntries([...waiting].map(([generation, at]) => [String(generation), iso(at)])),
  };
}
