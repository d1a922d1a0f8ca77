import { expect, test } from "vitest";
import { judge } from "./check/check.ts";
import { rightHistory } from "./check/right-history.ts";
import { floorViolations } from "./floors.ts";
import { scheduleOf } from "./schedule.ts";
import { statisticsOf, type Statistics } from "./statistics.ts";

const OPTIONS = { seed: 11, keys: 100, seconds: 300, killsEvery: 2, report: undefined };
const SCHEDULE = scheduleOf(OPTIONS);
const KINDS = Object.fromEntries(Array.from({ length: 10 }, (_, number) => [`kind ${number}`, 100]));
const ACTS = Object.fromEntries(
  SCHEDULE.map(({ act }) => [act.kind, { done: 100, skipped: 0, failed: 0 }] as const),
);

/** A run of which nothing is missing. */
function full(changes: Partial<Statistics> = {}): Parameters<typeof floorViolations>[1] {
  const history = rightHistory();
  const statistics: Statistics = {
    ...statisticsOf(history, judge(history)),
    kills: 120,
    freezes: 20,
    vendorFaults: KINDS,
    mints: 150,
    unknown: 40,
    acts: ACTS,
    rollbacks: 1,
    ...changes,
  };
  return { statistics, kubeFaults: KINDS, schedule: SCHEDULE, faultsEveryMs: 800, rollbacks: 1 };
}

function textsOf(done: Parameters<typeof floorViolations>[1], options = OPTIONS): readonly string[] {
  return floorViolations(options, done).map(({ text }) => text);
}

test("a run that did what it set out to do proves something", () => {
  expect(textsOf(full())).toEqual([]);
});

test.each<readonly [Partial<Statistics>, string]>([
  [{ kills: 10 }, "kills: 10, and not the 63"],
  [{ freezes: 1 }, "freezes: 1, and not the 5"],
  [{ vendorFaults: { reset: 400 } }, "kinds of fault of the vendor: 1, and not the 8"],
  [{ vendorFaults: {} }, "faults of the vendor: 0, and not the 37"],
  [{ mints: 69 }, "minted keys: 69, and not the 70"],
  [{ unknown: 7 }, "unknown outcomes: 7, and not the 8"],
  [{ rollbacks: 0 }, "rollbacks of etcd: 0, and not the 1"],
  [{ acts: { ...ACTS, adopt: { done: 0, skipped: 9, failed: 0 } } }, "acts of the kind adopt: 0"],
])("a run that falls short of a floor says what it proved nothing about: %o", (changes, text) => {
  expect(textsOf(full(changes)).join("\n")).toContain(`this run proved nothing about ${text}`);
});

test("faults of the API server have a floor too", () => {
  expect(textsOf({ ...full(), kubeFaults: {} })).toHaveLength(2);
});

test("floors grow with the keys and the time", () => {
  expect(textsOf(full(), { ...OPTIONS, keys: 1_000 }).join()).toContain("minted keys: 150, and not the 700");
  expect(textsOf(full(), { ...OPTIONS, seconds: 3_000 }).join()).toContain("kills: 120, and not the 637");
});
