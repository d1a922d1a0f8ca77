import { describe, expect, it } from "vitest";
import type { Budget } from "../state.ts";
import { MUTANTS_OF_RESULTS } from "./mutants-of-results.ts";
import { MUTANTS } from "./mutants.ts";
import { ONE, search } from "./testing/search.ts";
import { QUIET, type WorldName } from "./worlds.ts";

const FAULT: Budget = { ...QUIET, faults: 1, disturbances: 1 };
const INTERFERENCE: Budget = { ...QUIET, interferences: 1, disturbances: 1 };

const ALL = { ...MUTANTS, ...MUTANTS_OF_RESULTS };

type Row = readonly [mutant: keyof typeof ALL, world: WorldName, budget: Budget, violation: RegExp];

const ALONE: readonly Row[] = [
  ["noWriteAhead", "create", QUIET, /a key is asked for under the unrecorded attempt/],
  ["revokeBeforeCommit", "rotate", QUIET, /key ak_3 is revoked/],
  ["commitAfterStatus", "create", QUIET, /which was never in a Secret/],
  ["noLook", "create", FAULT, /two keys are asked for|the committed key/],
  ["noFindings", "create", INTERFERENCE, /Secret holds another value|without an active key/],
  ["hintsAsProof", "rotate", { ...INTERFERENCE, sweeps: 1 }, /is revoked|does not come to rest/],
  ["revivedAtOnce", "rotate", INTERFERENCE, /is revoked while it may be in use/],
  ["revokesUndone", "adopt", FAULT, /key ak_900, which we have not made, is revoked/],
  ["noRollouts", "restart", QUIET, /is revoked while Pods use it/],
  ["noPods", "retire", QUIET, /is revoked while Pods use it/],
  ["unknownIsUnsent", "create", FAULT, /lives and nothing accounts for it/],
  ["unknownIsWritten", "create", FAULT, /which was never in a Secret/],
  ["unknownIsRecorded", "create", FAULT, /a key is asked for under the unrecorded attempt/],
  ["unknownIsRevoked", "delete", FAULT, /lives and nothing accounts for it/],
  ["everyKeyIsOurs", "delete", INTERFERENCE, /revoke-key harms the key ak_1, which is not ours/],
  ["untaggedIsOurs", "delete", INTERFERENCE, /revoke-key harms the key ak_2, which is not ours/],
  ["forgetsReplaced", "rotate", QUIET, /drops the active key ak_3|nothing accounts for it/],
  ["forgetsAbandoned", "create", FAULT, /lives and nothing accounts for it/],
  ["rebuildsWithoutPrevious", "restart", INTERFERENCE, /lives and nothing accounts for it/],
  ["commitsWithoutPrevious", "rotate", INTERFERENCE, /lives and nothing accounts for it/],
  ["everyKeyIsManaged", "create", FAULT, /1 keys too many/],
  ["leftIsUnaccounted", "create", FAULT, /1 keys too many/],
  ["noDrift", "create", INTERFERENCE, /without an active key|Secret holds another value/],
];

describe("rules that are broken on purpose are noticed", () => {
  it.each(ALONE)("%s: %s", (mutant, world, budget, expected) => {
    const { violation } = search(world, { budget }, ALL[mutant]);
    expect(violation).toMatch(expected);
  });

  it("an adoption that does not wait whether its tag stays", () => {
    const budget = { ...QUIET, switches: 2 };
    const { violation } = search("adopt without value", { apiKeys: 2, budget }, MUTANTS.noSettling);
    expect(violation).toMatch(/harms the key ak_900|2 ApiKeys record|comes to name key ak_900/);
  });

  it("a recovery that does not fence the writer off: only a second controller and time show it", () => {
    const budget = { ...QUIET, switches: 2, ticks: 1 };
    const { violation } = search("rotate", { controllers: 2, budget }, MUTANTS.noTouch);
    expect(violation).toContain("is written over a living one");
    expect(violation).toContain("B/apikey-0");
  });

  it("is the same each time", () => {
    expect(search("delete", {})).toEqual(search("delete", {}));
  });

  it("finds nothing in rules that are whole", () => {
    expect(search("delete", { budget: ONE }).violation).toBeUndefined();
  });
});
