import type { InterferenceName } from "../interference/interferences.ts";
import type { Bound } from "./bound.ts";
import { FAULTS } from "../faults.ts";
import { QUIET, WORLDS, type WorldName } from "./worlds.ts";

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

const ALL = { interference: EXPLORED, faults: FAULTS, worlds: WORLDS, maxTime: Number.POSITIVE_INFINITY };

/** What `npm run explore` searches. Each world is cut off at a number of states, and the report says where that was. */
export const SEARCHES: readonly Search[] = [
  {
    title: "one controller, any two disturbances of any kind, time passing once",
    ...ALL,
    controllers: 1,
    apiKeys: 1,
    budget: { ...QUIET, crashes: 2, faults: 2, interferences: 2, disturbances: 2, ticks: 1 },
    maxStates: 1_500_000,
  },
  {
    title: "one controller, any two disturbances of any kind, an inventory at any moment, orphans revoked",
    ...ALL,
    orphans: "Revoke",
    controllers: 1,
    apiKeys: 1,
    budget: { ...QUIET, crashes: 2, faults: 2, interferences: 2, disturbances: 2, sweeps: 1 },
    maxStates: 1_000_000,
  },
  {
    title: "two controllers, any one disturbance, time passing once, one interrupting the other twice",
    ...ALL,
    controllers: 2,
    apiKeys: 1,
    budget: { ...QUIET, crashes: 1, faults: 1, interferences: 1, disturbances: 1, switches: 2, ticks: 1 },
    maxStates: 1_000_000,
  },
  {
    title: "two ApiKeys on one account, any one disturbance, one interrupting the other once",
    ...ALL,
    controllers: 1,
    apiKeys: 2,
    budget: { ...QUIET, crashes: 1, faults: 1, interferences: 1, disturbances: 1, switches: 1 },
    maxStates: 500_000,
  },
  {
    title: "one controller, any three disturbances, two of them interferences, time passing once",
    ...ALL,
    controllers: 1,
    apiKeys: 1,
    budget: { ...QUIET, crashes: 3, faults: 3, interferences: 2, disturbances: 3, ticks: 1 },
    maxStates: 1_500_000,
  },
  {
    title: "two controllers, any two disturbances, time passing once, one interrupting the other once",
    ...ALL,
    controllers: 2,
    apiKeys: 1,
    budget: { ...QUIET, crashes: 2, faults: 2, interferences: 2, disturbances: 2, switches: 1, ticks: 1 },
    maxStates: 1_000_000,
  },
  {
    title: "two ApiKeys on one account, any two disturbances, one interrupting the other once",
    ...ALL,
    controllers: 1,
    apiKeys: 2,
    budget: { ...QUIET, crashes: 2, faults: 2, interferences: 2, disturbances: 2, switches: 1 },
    maxStates: 500_000,
  },
];
