import { explore } from "./explore.ts";
import type { Rules } from "./process.ts";
import { shrink, timeline } from "./replay.ts";
import type { Budget, World } from "./state.ts";
import { firstState, WORLDS } from "./worlds.ts";

/** How far a search goes in each of its worlds. */
export interface Search {
  readonly title: string;
  readonly worlds: readonly World[];
  readonly budget: Budget;
  /** In each world. */
  readonly maxStates: number;
}

/** What a search of one world came to. */
export interface Report {
  readonly world: string;
  /** Different states of the last round, which goes through those of the rounds before again. */
  readonly states: number;
  readonly transitions: number;
  /** Up to how many kills and faults every interleaving was seen; -1 where not even those without any were. */
  readonly completeUpTo: number;
  /** The counterexample as it is read, if there is one. */
  readonly violation: string | undefined;
}

const ONE: Budget = {
  providers: 1,
  engines: 1,
  faults: 1,
  disturbances: 1,
  commands: 2,
  ticks: 1,
  switches: 1,
};
const TWO: Budget = { ...ONE, faults: 2, disturbances: 2 };
const ALONE = WORLDS.filter(({ stacks }) => stacks === 1);
const TWINS = WORLDS.filter(({ stacks }) => stacks > 1);

/** What `npm run explore:pulumi` searches. */
export const SEARCHES: readonly Search[] = [
  {
    title: "one stack, two commands, any one kill or fault",
    worlds: ALONE,
    budget: ONE,
    maxStates: Number.POSITIVE_INFINITY,
  },
  {
    title: "one stack, one command, any two of: a kill of the provider, a kill of the engine, two faults",
    worlds: ALONE,
    budget: { ...TWO, commands: 1 },
    maxStates: Number.POSITIVE_INFINITY,
  },
  {
    title: "one stack, one command, any three of: a kill of the provider, a kill of the engine, three faults",
    worlds: ALONE,
    budget: { ...TWO, faults: 3, disturbances: 3, commands: 1 },
    maxStates: Number.POSITIVE_INFINITY,
  },
  {
    title: "two stacks of one name, two commands, any one kill or fault, one interrupting the other once",
    worlds: TWINS,
    budget: { ...ONE, ticks: 0 },
    maxStates: Number.POSITIVE_INFINITY,
  },
  {
    title: "one stack, two commands, any two of: a kill of the provider, a kill of the engine, two faults",
    worlds: ALONE,
    budget: TWO,
    maxStates: 40_000,
  },
];

/**
 * Searches a world in rounds: without any kill or fault, then with one, and so on, so that a search that is cut off has seen
 * all simpler histories, and a violation shows with the fewest.
 */
export async function searchWorld(
  world: World,
  { budget, maxStates }: Search,
  rules: Rules,
): Promise<Report> {
  const timeout = Object.getOwnPropertyDescriptor(AbortSignal, "timeout");
  // A deadline would need a real clock; a request that takes too long is a fault of the model.
  const endless = { ...timeout, value: () => new AbortController().signal };
  Object.defineProperty(AbortSignal, "timeout", endless);
  try {
    return await searchInRounds(world, budget, maxStates, rules);
  } finally {
    Object.defineProperty(AbortSignal, "timeout", { ...timeout });
  }
}

async function searchInRounds(
  world: World,
  budget: Budget,
  maxStates: number,
  rules: Rules,
): Promise<Report> {
  let report: Report = {
    world: world.name,
    states: 0,
    transitions: 0,
    completeUpTo: -1,
    violation: undefined,
  };
  for (let disturbances = 0; disturbances <= budget.disturbances; disturbances += 1) {
    const first = await firstState(world, rules, { ...budget, disturbances });
    const { states, transitions, complete, counterexample } = await explore(first, world, rules, maxStates);
    report = { ...report, states, transitions };
    if (counterexample !== undefined) {
      const short = await shrink(first, counterexample, world, rules);
      return { ...report, violation: await timeline(first, short, world, rules) };
    }
    if (!complete) return report;
    report = { ...report, completeUpTo: disturbances };
  }
  return report;
}
