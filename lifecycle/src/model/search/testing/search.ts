import { FAULTS } from "../../faults.ts";
import { SHIPPED, type Rules } from "../../passes.ts";
import type { Budget } from "../../state.ts";
import { exploreWorld, type Bound, type Report } from "../bound.ts";
import { EXPLORED } from "../searches.ts";
import { QUIET, type WorldName } from "../worlds.ts";

/** Any one thing goes wrong. */
export const ONE: Budget = { ...QUIET, crashes: 1, faults: 1, interferences: 1, disturbances: 1 };

/** Searches a world. It is complete, or cut off by a number of states: never by a time, so that every run is the same. */
export function search(world: WorldName, bound: Partial<Bound>, rules: Rules = SHIPPED): Report {
  const whole: Bound = {
    controllers: 1,
    apiKeys: 1,
    budget: ONE,
    interference: EXPLORED,
    faults: FAULTS,
    maxStates: 50_000,
    maxTime: Number.POSITIVE_INFINITY,
    ...bound,
  };
  return exploreWorld(world, whole, { rules, clock: () => 0, progress: () => undefined });
}
