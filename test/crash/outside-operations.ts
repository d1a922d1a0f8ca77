import * as acts from "./acts.ts";
import { at, create, LIVE, remove, replace, TEST, type Operation } from "./operation.ts";
import { CRASH_TIMING } from "./timing.ts";

/** Soon, where a row waits for what only an inventory finds. */
const SOON = { "inventory-interval": "1s" };

/** Operations that others begin: the vendor, an administrator, a person in the dashboard. */
export const OUTSIDE_OPERATIONS: readonly Operation[] = [
  {
    ...create,
    name: "create a live key that the vendor refuses at first",
    spec: LIVE,
    act: acts.declareRefused,
  },
  {
    ...create,
    name: "create a live key by a request that a proxy repeats",
    spec: LIVE,
    flags: SOON,
    act: acts.declareRepeated,
    settled: acts.oneLeft,
    repeats: true,
  },
  {
    ...create,
    name: "create a live key once a Secret that was in the way is gone",
    spec: LIVE,
    act: acts.declareInConflict,
    held: { at: at("after", "write-status:Report"), meanwhile: acts.resolveConflict },
    afterKill: acts.resolveConflict,
    points: [at("before", "write-status:Report"), at("after", "write-status:Report")],
  },
  {
    ...replace,
    name: "replace a live key that was revoked outside",
    fullOnly: true,
    spec: LIVE,
    flags: SOON,
    act: acts.revokeOutside,
    endsOutside: true,
  },
  {
    ...replace,
    name: "replace a live key that was rolled outside",
    fullOnly: true,
    spec: LIVE,
    flags: SOON,
    act: acts.rollOutside,
    endsOutside: true,
  },
  {
    ...replace,
    name: "follow an overlap that was shortened",
    spec: LIVE,
    prepare: acts.rotateForAnHour,
    act: acts.shortenOverlap,
  },
  {
    ...replace,
    name: "replace a live key in an emergency while an older one retires",
    fullOnly: true,
    spec: LIVE,
    prepare: acts.rotateForAnHour,
    act: acts.callEmergency,
    revision: 3,
  },
  {
    ...replace,
    name: "revoke keys that no record knows",
    spec: LIVE,
    flags: SOON,
    revokesOrphans: true,
    act: acts.trigger,
    settled: acts.orphansRevoked,
  },
  {
    ...replace,
    name: "move to another installation",
    spec: LIVE,
    act: acts.move,
    restarts: true,
    revision: 1,
    settled: acts.moved,
  },
  {
    ...replace,
    name: "move to another installation while a key retires",
    fullOnly: true,
    spec: LIVE,
    prepare: acts.rotateForAnHour,
    act: async (key) => {
      await acts.shortenOverlap(key);
      await acts.move(key);
    },
    restarts: true,
    settled: acts.moved,
  },
  {
    ...replace,
    name: "replace a live key whose mint a restored etcd shows as under way",
    spec: LIVE,
    timing: { revivedAfter: CRASH_TIMING.attemptLifetime + 1 },
    act: acts.restoreMidMint,
    restarts: true,
    meddles: true,
  },
  {
    ...remove,
    name: "tear the namespace down while its credentials last",
    fullOnly: true,
    spec: LIVE,
    prepare: acts.keepCredentials,
    act: acts.deleteNamespace,
    outcome: "gone",
    // Kubernetes deletes what is in the namespace at the same time. Plain deletions have the rows of this step.
    races: ["delete-secret"],
    meddles: true,
  },
  {
    ...create,
    name: "adopt a test key without its value",
    fullOnly: true,
    spec: TEST,
    adoptable: "test",
    act: async (key) => key.declareAdopting(false),
  },
];
