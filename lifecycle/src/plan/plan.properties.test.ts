import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Choices } from "./testing/choices.ts";
import {
  ADOPTION_INTERFERENCE,
  ALL_INTERFERENCE,
  changeTrigger,
  deleteObject,
  deleteSecret,
  editLabel,
  setEmergency,
} from "./testing/interference.ts";
import { advance, converge, runChoices, type Hazards } from "./testing/run.ts";
import { pass } from "./testing/script.ts";
import { World } from "./testing/world.ts";

/** `FC_SEED` and `FC_RUNS` search elsewhere and longer; a failure prints the seed, the choices and a timeline. */
const SEED = Number(process.env["FC_SEED"] ?? 20_261_101);
const RUNS = process.env["FC_RUNS"];
const TIME_LIMIT = 120_000;

const ACCIDENTS = [editLabel, deleteSecret, deleteObject, changeTrigger, setEmergency];

const RULES: readonly (readonly [name: string, mode: "live" | "test", hazards: Hazards, runs: number])[] = [
  [
    "crashes, lost answers, conflicts and late effects",
    "live",
    { secondController: false, interference: ACCIDENTS, faults: 4, disturbances: 2 },
    1_000,
  ],
  [
    "a second controller",
    "live",
    { secondController: true, interference: ACCIDENTS, faults: 3, disturbances: 2 },
    1_500,
  ],
  [
    "people who meddle",
    "live",
    { secondController: true, interference: ALL_INTERFERENCE, faults: 3, disturbances: 3 },
    1_500,
  ],
  [
    "all that with the account's one test key, which is rolled",
    "test",
    { secondController: true, interference: ACCIDENTS, faults: 3, disturbances: 2 },
    1_000,
  ],
];

const ADOPTIONS: Hazards = {
  secondController: true,
  interference: [...ALL_INTERFERENCE, ...ADOPTION_INTERFERENCE],
  faults: 3,
  disturbances: 2,
};

describe("the plan in a model world", () => {
  it("delivers a key, and then rests", () => {
    const world = new World();
    world.declare("checkout");
    converge(world, [world.controller("A", "checkout")]);
    expect(world.vendor.active()).toHaveLength(1);
  });

  it("has no effect on a converged world after a restart, and asks the vendor nothing", () => {
    const world = new World();
    world.declare("checkout");
    pass(world, world.controller("A", "checkout"));
    const restarted = world.controller("B", "checkout");
    expect(advance(world, restarted)).toBeUndefined();
    expect(advance(world, restarted)?.kind).toBe("rest");
  });

  it("changes nothing with --read-only, whatever there is to do", () => {
    const world = new World();
    world.declare("checkout");
    const watcher = world.controller("R", "checkout", true);
    pass(world, watcher);
    pass(world, world.controller("A", "checkout"));
    for (const { apply } of [deleteSecret, changeTrigger, deleteObject]) {
      apply(world, "checkout");
      pass(world, watcher);
    }
    expect(watcher.effects).toBe(0);
  });

  it("gives a Secret that two ApiKeys name to one of them, and leaves no key of the other", () => {
    const world = new World();
    world.declare("first", { secretName: "shared" });
    world.declare("second", { secretName: "shared" });
    const first = world.controller("A", "first");
    const second = world.controller("A", "second");
    // Both ask for a key before either knows of the other.
    const unaware = { object: 1, secret: 0 };
    for (let steps = 0; steps < 6; steps += 1) {
      advance(world, second, () => "none", unaware);
      advance(world, first, () => "none", unaware);
    }
    pass(world, first);
    pass(world, second);
    world.advanceTo(world.now + world.timing.settleTime);
    pass(world, second);
    pass(world, first);
    const owner = world.api.secrets.get("shared")?.owner;
    const active = world.vendor.active();
    expect(world.vendor.keys.size).toBe(2);
    expect(active).toHaveLength(1);
    expect(world.api.secrets.get("shared")?.value).toBe(active[0]?.value);
    const reasons = new Set([first, second].map(({ lastVerdict }) => lastVerdict?.reason));
    expect(reasons).toEqual(new Set(["KeyDelivered", "SecretConflict"]));
    expect(owner).toBeDefined();
  });

  it.each(["with its Secret", "without a Secret"] as const)("adopts a key %s, and then rests", (secret) => {
    const world = new World();
    const { name } = world.declareAdopting("checkout", secret);
    const [before] = world.vendor.active();
    converge(world, [world.controller("A", name)]);
    const [after] = world.vendor.active();
    expect(world.vendor.keys.size).toBe(1);
    expect(after?.id).toBe(before?.id);
    expect(after?.value === before?.value).toBe(secret === "with its Secret");
  });

  it.each(["with its Secret", "without a Secret"] as const)(
    "survives all that while a key is adopted %s",
    (secret) => {
      fc.assert(
        fc.property(fc.array(fc.nat(1_000), { minLength: 20, maxLength: 220, size: "max" }), (sequence) => {
          const world = new World();
          world.addForeignKeys();
          world.declareAdopting("checkout", secret);
          runChoices(world, "checkout", new Choices(sequence), ADOPTIONS);
        }),
        { seed: SEED, numRuns: RUNS === undefined ? 1_000 : Number(RUNS) },
      );
    },
    TIME_LIMIT,
  );

  it.each(RULES)(
    "survives %s",
    (_name, mode, hazards, runs) => {
      fc.assert(
        fc.property(fc.array(fc.nat(1_000), { minLength: 20, maxLength: 220, size: "max" }), (sequence) => {
          const world = new World();
          world.addForeignKeys();
          world.declare("checkout", { mode, trigger: "1", keepsPrevious: true });
          runChoices(world, "checkout", new Choices(sequence), hazards);
        }),
        { seed: SEED, numRuns: RUNS === undefined ? runs : Number(RUNS) },
      );
    },
    TIME_LIMIT,
  );
});
