import { parseArgs } from "node:util";
import { exploreWorld, LEFT_OUT, type Bound } from "./bound.ts";
import { SHIPPED } from "./passes.ts";
import { WORLDS } from "./worlds.ts";

const PROGRESS_EVERY = 2_000;

const { values } = parseArgs({
  options: {
    crashes: { type: "string", default: "2" },
    faults: { type: "string", default: "2" },
    interferences: { type: "string", default: "1" },
    ticks: { type: "string", default: "2" },
    sweeps: { type: "string", default: "1" },
    switches: { type: "string", default: "2" },
    disturbances: { type: "string", default: "2" },
    controllers: { type: "string", default: "2" },
    apikeys: { type: "string", default: "1" },
    world: { type: "string", multiple: true, default: [...WORLDS] },
    "max-states": { type: "string", default: "400000" },
    seconds: { type: "string", default: "240" },
  },
});

function countOf(name: Exclude<keyof typeof values, "world">): number {
  const count = Number(values[name]);
  if (!Number.isInteger(count) || count < 0)
    throw new RangeError(`--${name} takes a whole number, not ${values[name]}`);
  return count;
}

function boundFromOptions(): Bound {
  return {
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

/** Explores the worlds one after the other, each within the limits. @returns whether none went wrong. */
function main(): boolean {
  const bound = boundFromOptions();
  print(`bound: ${JSON.stringify(bound)} (max-states and seconds: for each world)`);
  for (const line of LEFT_OUT) print(`left out: ${line}`);
  let sound = true;
  let total = 0;
  for (const world of WORLDS.filter((name) => values.world.includes(name))) {
    let told = performance.now();
    const progress = (round: number, states: number): void => {
      if (performance.now() - told < PROGRESS_EVERY) return;
      told = performance.now();
      print(`  ${world}: ${states} states, up to ${round} disturbances`);
    };
    const report = exploreWorld(world, bound, { rules: SHIPPED, clock: () => performance.now(), progress });
    const seconds = report.time / 1_000;
    total += report.states;
    print(
      `${world}: ${report.states} states, ${report.transitions} transitions in ${seconds.toFixed(1)} s (all rounds); ` +
        `${report.complete ? "the whole bound" : "cut short"}, complete up to ${report.completeUpTo} disturbances`,
    );
    if (report.violation !== undefined) {
      sound = false;
      print(report.violation);
    }
  }
  print(`${total} states; ${sound ? "no violation" : "VIOLATED"}`);
  return sound;
}

process.exitCode = main() ? 0 : 1;
