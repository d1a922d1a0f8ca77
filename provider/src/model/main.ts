import { parseArgs } from "node:util";
import { SHIPPED } from "./process.ts";
import { SEARCHES, searchWorld, type Search } from "./searches.ts";
import { WORLDS } from "./worlds.ts";

const TEXT = { type: "string" } as const;
const { values } = parseArgs({ options: { world: TEXT, search: TEXT } });

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The searches to run: all of them, or the one with this ordinal (1 is the first). */
function chosen(): readonly Search[] {
  const { search, world } = values;
  if (world !== undefined && !WORLDS.some(({ name }) => name === world)) {
    throw new RangeError(`--world takes one of: ${WORLDS.map(({ name }) => name).join(", ")}`);
  }
  const searches = search === undefined ? SEARCHES : SEARCHES.slice(Number(search) - 1, Number(search));
  if (searches.length === 0) throw new RangeError(`--search takes a number from 1 to ${SEARCHES.length}`);
  return searches.map((each) => ({
    ...each,
    worlds: each.worlds.filter(({ name }) => world === undefined || name === world),
  }));
}

/** @returns the states that were seen, and whether nothing went wrong. */
async function run(search: Search): Promise<{ states: number; ok: boolean }> {
  print(`\n${search.title}\n  bound (for each world): ${JSON.stringify(search.budget)}`);
  let seen = 0;
  let ok = true;
  for (const world of search.worlds) {
    const begun = performance.now();
    const { states, transitions, completeUpTo, violation } = await searchWorld(world, search, SHIPPED);
    const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
    const complete = completeUpTo === search.budget.disturbances;
    const extent = complete ? "the whole bound" : `cut off; complete up to ${completeUpTo} kills and faults`;
    print(`  ${world.name}: ${states} states, ${transitions} transitions, ${seconds} s; ${extent}`);
    if (violation !== undefined) print(violation);
    seen += states;
    ok &&= violation === undefined;
  }
  return { states: seen, ok };
}

const begun = performance.now();
let states = 0;
let ok = true;
for (const search of chosen()) {
  const found = await run(search);
  states += found.states;
  ok &&= found.ok;
}
const seconds = ((performance.now() - begun) / 1_000).toFixed(0);
print(`\n${states} states in ${seconds} s; ${ok ? "no violation" : "VIOLATIONS"}`);
process.exitCode = ok ? 0 : 1;
