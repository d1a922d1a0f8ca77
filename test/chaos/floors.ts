import type { Violation } from "./check/violation.ts";
import type { ChaosOptions } from "./options.ts";
import type { ScheduledAct } from "./schedule.ts";
import type { Statistics } from "./statistics.ts";

/** The part of what a run sets out to do that must have happened at least: a slow machine does less of it. */
const LEAST = {
  kills: 0.5,
  freezes: 0.25,
  vendorFaults: 0.1,
  kubeFaults: 0.3,
  acts: 0.3,
  mints: 0.7,
  unknown: 0.08,
} as const;
/** The part of the blows that are freezes, and what they leave of the kills. */
const FREEZES = 0.15;
/** Where a kind of act is drawn less often than this, one may meet nothing. */
const CERTAIN = 4;
/** Until this time a run grows, so that it meets less in proportion. */
const GROWN_SECONDS = 120;
/** As many kinds of fault as are sure to be met; there are 16 of the vendor, and 13 of the API server. */
const KINDS = 8;

/** What a run did. */
interface Done {
  readonly statistics: Statistics;
  readonly kubeFaults: Readonly<Record<string, number>>;
  readonly schedule: readonly ScheduledAct[];
  /** Between two faults, in milliseconds on average. */
  readonly faultsEveryMs: number;
  readonly rollbacks: number;
}

/**
 * Finds what a run met too little of to prove anything about. The floors grow with the number of keys, the time, and
 * what was planned.
 */
export function floorViolations(options: ChaosOptions, done: Done): readonly Violation[] {
  return shortfalls(options, done).map(({ about, count, least }) => ({
    rule: "proof" as const,
    text: `this run proved nothing about ${about}: ${count}, and not the ${least} that it takes at least`,
  }));
}

interface Floor {
  readonly about: string;
  readonly count: number;
  readonly least: number;
}

function shortfalls({ keys, seconds, killsEvery }: ChaosOptions, done: Done): readonly Floor[] {
  const { statistics, kubeFaults, schedule, faultsEveryMs } = done;
  const blows = seconds / killsEvery;
  const faults = (seconds * 1_000) / faultsEveryMs;
  const grown = Math.min(1, seconds / GROWN_SECONDS);
  const floors: readonly Floor[] = [
    { about: "kills", count: statistics.kills, least: LEAST.kills * (1 - FREEZES) * blows },
    { about: "freezes", count: statistics.freezes, least: LEAST.freezes * FREEZES * blows },
    {
      about: "faults of the vendor",
      count: sum(statistics.vendorFaults),
      least: LEAST.vendorFaults * faults,
    },
    { about: "faults of the API server", count: sum(kubeFaults), least: LEAST.kubeFaults * faults },
    { about: "kinds of fault of the vendor", count: kindsIn(statistics.vendorFaults), least: KINDS * grown },
    { about: "kinds of fault of the API server", count: kindsIn(kubeFaults), least: KINDS * grown },
    { about: "minted keys", count: statistics.mints, least: LEAST.mints * keys * grown },
    { about: "unknown outcomes", count: statistics.unknown, least: LEAST.unknown * keys * grown },
    { about: "rollbacks of etcd", count: statistics.rollbacks, least: done.rollbacks },
    ...actFloors(statistics, schedule),
  ];
  return floors
    .map((floor) => ({ ...floor, least: Math.floor(floor.least) }))
    .filter(({ count, least }) => count < least);
}

function actFloors({ acts }: Statistics, schedule: readonly ScheduledAct[]): readonly Floor[] {
  const planned = Map.groupBy(schedule, ({ act }) => act.kind);
  return [...planned].map(([kind, list]) => ({
    about: `acts of the kind ${kind}`,
    count: acts[kind]?.done ?? 0,
    least: list.length < CERTAIN ? 0 : Math.max(1, LEAST.acts * list.length),
  }));
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function kindsIn(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).filter((count) => count > 0).length;
}
