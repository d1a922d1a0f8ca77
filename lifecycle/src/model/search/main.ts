import { parseArgs } from "node:util";
import { exploreWorld, LEFT_OUT, type Report } from "./bound.ts";
import { FAULTS } from "../faults.ts";
import { SHIPPED } from "../passes.ts";
import { EXPLORED, SEARCHES, type Search } from "./searches.ts";
import { WORLDS } from "./worlds.ts";

const PROGRESS_EVERY = 10_000;

// Without any option the searches of searches.ts are gone through; with one of them, a single one is made of all.
const DEFAULTS = {
  crashes: 2,
  faults: 2,
  interferences: 1,
  ticks: 1,
  sweeps: 1,
  switches: 1,
  disturbances: 2,
  controllers: 2,
  apikeys: 1,
  "max-states": 400_000,
  seconds: 240,
} as const;

const TEXTS = { type: "string", multiple: true } as const;
const options = Object.fromEntries([...Object.keys(DEFAULTS), "world"].map((name) => [name, TEXTS]));
const { values } = parseArgs({ options });

function countOf(name: keyof typeof DEFAULTS): number {
  const text = values[name]?.at(-1);
  const count = Number(text ?? DEFAULTS[name]);
  if (!Number.isInteger(count) || count < 0)
    throw new RangeError(`--${name} takes a whole number, not ${text}`);
  return count;
}

function searchFromOptions(): Search {
  const worlds = values["world"];
  return {
    title: "as asked for",
    worlds: WORLDS.filter((name) => worlds === undefined || worlds.includes(name)),
    interference: EXPLORED,
    faults: FAULTS,
    controllers: countOf("controllers"),
    apiKeys: countOf("apikeys"),
    budget: {
      crashes: countOf("crashes"),
      faults: countOf("faults"),
      interferences: countOf("interferences"),
      sweeps: countOf("sweeps"),
      switches: countOf("switches"),
      ticks: countOf("ticks"),
      disturbances: countOf("disturbances"),
    },
    maxStates: countOf("max-states"),
    maxTime: countOf("seconds") * 1_000,
  };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Explores the worlds of a search one after the other, each within its limits. */
function run(search: Search): readonly Report[] {
  const { title, worlds, ...bound } = search;
  const { interference: _names, ...counts } = bound;
  print(`\n${title}\n  bound (for each world): ${JSON.stringify(counts)}`);
  return worlds.map((world) => {
    let last = performance.now();
    const progress = (round: number, states: number): void => {
      if (performance.now() - last < PROGRESS_EVERY) return;
      last = performance.now();
      print(`  … ${world}: ${states} states, up to ${round} disturbances`);
    };
    const report = exploreWorld(world, bound, { rules: SHIPPED, clock: () => performance.now(), progress });
    const extent = report.complete
      ? "the whole bound"
      : `cut off; complete up to ${report.completeUpTo} disturbances`;
    print(
      `  ${world}: ${report.states} states, ${report.transitions} transitions, ${(report.time / 1_000).toFixed(1)} s; ${extent}`,
    );
    if (report.violation !== undefined) print(report.violation);
    return report;
  });
}

/** @returns whether nothing went wrong. */
function main(): boolean {
  const begun = performance.now();
  const asked = Object.keys(values).length > 0;
  for (const line of LEFT_OUT) print(`left out: ${line}`);
  const reports = (asked ? [searchFromOptions()] : SEARCHES).flatMap(run);
  const states = reports.reduce((sum, report) => sum + report.states, 0);
  const violations = reports.filter(({ violation }) => violation !== undefined).length;
  const seconds = ((performance.now() - begun) / 1_000).toFixed(0);
  print(
    `\n${states} states in ${seconds} s; ${violations === 0 ? "no violation" : `${violations} VIOLATIONS`}`,
  );
  return violations === 0;
}

process.exitCode = main() ? 0 : 1;
