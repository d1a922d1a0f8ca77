import type { InterferenceName } from "../interference/interferences.ts";
import type { Bound } from "./bound.ts";
import { FAULTS } from "../faults.ts";
import { WORLDS, type WorldName } from "./worlds.ts";

/** A bound, and the worlds that are searched within it. */
export interface Search extends Bound {
  readonly title: string;
  readonly worlds: readonly WorldName[];
}

/** The interferences that are searched: those whose traces a rule has to find its way back from. */
export const EXPLORED: readonly InterferenceName[] = [
  "the Secret is deleted",
  "a Secret is made by hand",
  "the Secret's value is edited",
  "the Secret's annotations are stripped",
  "the Secret's previous value is edited",
  "a neighbour's key ID is forged into the Secret",
  "the ID of a key made by hand is forged into the Secret",
  "an attempt is forged into the Secret",
  "a fingerprint is forged into the Secret",
  "an owner is forged into the Secret",
  "all annotations are forged into the Secret",
  "previous keys are forged into the Secret",
  "the status is wiped",
  "the ApiKey is deleted",
  "the key is revoked from outside",
  "the key is rolled from outside",
  "the key made by hand is revoked",
  "the key made by hand is rolled by hand",
  "the key made by hand is described anew",
  "another installation adopts the key made by hand",
  "spec.adopt is taken back",
  "etcd is rolled back to the beginning",
  "etcd is rolled back to the last write-ahead",
  "the restart of a workload is undone",
  "a workload is restarted by hand",
  "the rotation trigger is changed",
  "an emergency is called",
  "the overlap is edited",
  "the entry for the previous value is declared, or not any more",
];

const WHOLE = { interference: EXPLORED, faults: FAULTS, maxStates: 2_000_000, maxTime: Number.POSITIVE_INFINITY };

/**
 * What `npm run explore` searches. All but the last are gone through completely; the last has the whole reach of
 * two crashes, two faults and an interference at once, and is cut off by a number of states in each world.
 */
export const SEARCHES: readonly Search[] = [
  {
    title: "one controller, any two disturbances, time passing once",
    worlds: WORLDS,
    controllers: 1,
    apiKeys: 1,
    budget: { crashes: 2, faults: 2, interferences: 1, sweeps: 0, switches: 0, ticks: 1, disturbances: 2 },
    ...WHOLE,
  },
  {
    title: "one controller, any one disturbance, time passing once, an inventory at any moment",
    worlds: WORLDS,
    controllers: 1,
    apiKeys: 1,
    budget: { crashes: 1, faults: 1, interferences: 1, sweeps: 1, switches: 0, ticks: 1, disturbances: 1 },
    ...WHOLE,
  },
  {
    title: "two controllers, any one disturbance, one interrupting the other once",
    worlds: WORLDS,
    controllers: 2,
    apiKeys: 1,
    budget: { crashes: 1, faults: 1, interferences: 1, sweeps: 0, switches: 1, ticks: 0, disturbances: 1 },
    ...WHOLE,
  },
  {
    title: "two controllers that stall, interrupting each other twice",
    worlds: WORLDS,
    controllers: 2,
    apiKeys: 1,
    budget: { crashes: 0, faults: 0, interferences: 0, sweeps: 0, switches: 2, ticks: 1, disturbances: 0 },
    ...WHOLE,
  },
  {
    title: "two ApiKeys on one account, any one disturbance, one interrupting the other once",
    worlds: WORLDS,
    controllers: 1,
    apiKeys: 2,
    budget: { crashes: 1, faults: 1, interferences: 1, sweeps: 0, switches: 1, ticks: 0, disturbances: 1 },
    ...WHOLE,
  },
  {
    title: "two controllers, two ApiKeys, two crashes, two faults, an interference, time passing twice",
    worlds: WORLDS,
    controllers: 2,
    apiKeys: 2,
    budget: { crashes: 2, faults: 2, interferences: 1, sweeps: 1, switches: 3, ticks: 2, disturbances: 5 },
    ...WHOLE,
    maxStates: 40_000,
  },
];
