import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isEffect } from "../index.ts";
import { adopting, declare, withForeignKeys } from "../model/declare.ts";
import { ACCIDENTS, ADOPTION_MEDDLING, MEDDLING } from "../model/interference/interferences.ts";
import { walkRandomly, type Hazards } from "../model/random-walk.ts";
import { pass } from "../model/script.ts";
import type { State } from "../model/state.ts";
import { Walk } from "../model/walk.ts";
import { DEFAULT_TIMING as TIMING } from "../timing.ts";
import { seedOfRun } from "./testing/seed.ts";

/** Longer with `FC_RUNS`; a failure prints the seed, the choices and a timeline. */
const RUNS = process.env["FC_RUNS"];
const TIME_LIMIT = 120_000;

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
    { secondController: true, interference: MEDDLING, faults: 3, disturbances: 3 },
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
  interference: [...MEDDLING, ...ADOPTION_MEDDLING],
  faults: 3,
  disturbances: 2,
};

const fresh = (state: State): State => declare(state, { workload: {} });

/** An ApiKey that adopts a key made by hand, whose value its Secret holds already, or does not. */
function adoptingWorld(state: State, secret: "with its Secret" | "without a Secret"): State {
  return adopting(fresh(state), secret === "with its Secret");
}

const SEQUENCES = fc.array(fc.nat(1_000), { minLength: 20, maxLength: 220, size: "max" });

function assertWalks(prepare: (state: State) => State, hazards: Hazards, runs: number): void {
  fc.assert(
    fc.property(SEQUENCES, (sequence) => {
      walkRandomly(new Walk(prepare), sequence, hazards);
    }),
    { seed: seedOfRun(), numRuns: RUNS === undefined ? runs : Number(RUNS) },
  );
}

describe("the plan in a model world", () => {
  it("delivers a key, and then rests", () => {
    const world = new Walk(fresh);
    world.converge(world.worker());
    expect(world.active).toHaveLength(1);
  });

  it("has no effect on a converged world after a restart, and asks the vendor nothing", () => {
    const world = new Walk(fresh);
    pass(world, world.worker());
    const restarted = world.worker();
    expect(pass(world, restarted)).toEqual([]);
    expect(world.at(restarted).rested).toBe("KeyDelivered");
  });

  it("changes nothing with --read-only, whatever there is to do", () => {
    const world = new Walk(fresh);
    const watcher = world.worker({ readOnly: true });
    const steps = [...pass(world, watcher)];
    pass(world, world.worker());
    for (const what of [
      "the Secret is deleted",
      "the rotation trigger is changed",
      "the ApiKey is deleted",
    ] as const) {
      world.interfere(what);
      steps.push(...pass(world, watcher));
    }
    expect(steps.length).toBeGreaterThan(4);
    expect(steps.filter(isEffect)).toEqual([]);
  });

  it("gives a Secret that two ApiKeys name to one of them, and leaves no key of the other", () => {
    const shared = { desired: { secretName: "shared" } };
    const world = new Walk((state) => declare(declare(state, shared), shared));
    const first = world.worker();
    const second = world.worker({ apiKey: 1 });
    // Both ask for a key before either knows of the other.
    const unaware = { object: 1, secret: 0 };
    for (let steps = 0; steps < 6; steps += 1) {
      world.advance(second, () => "none", unaware);
      world.advance(first, () => "none", unaware);
    }
    pass(world, first);
    pass(world, second);
    world.wait(TIMING.settleTime);
    pass(world, second);
    pass(world, first);
    const [active] = world.active;
    expect(world.state.keys).toHaveLength(2);
    expect(world.active).toHaveLength(1);
    expect(world.secret?.value).toBe(world.key(active ?? "")?.value);
    const reasons = new Set([first, second].map((worker) => world.at(worker).rested));
    expect(reasons).toEqual(new Set(["KeyDelivered", "SecretConflict"]));
    expect(world.secret?.owner).toBeDefined();
  });

  it.each(["with its Secret", "without a Secret"] as const)("adopts a key %s, and then rests", (secret) => {
    const world = new Walk((state) => adoptingWorld(state, secret));
    const [before] = world.state.keys;
    world.converge(world.worker());
    const [after] = world.state.keys;
    expect(world.state.keys).toHaveLength(1);
    expect(after?.status).toBe("active");
    expect(after?.id).toBe(before?.id);
    expect(after?.value === before?.value).toBe(secret === "with its Secret");
  });

  it.each(["with its Secret", "without a Secret"] as const)(
    "survives all that while a key is adopted %s",
    (secret) => {
      assertWalks((state) => adoptingWorld(withForeignKeys(state), secret), ADOPTIONS, 1_000);
    },
    TIME_LIMIT,
  );

  it.each(RULES)(
    "survives %s",
    (_name, mode, hazards, runs) => {
      const desired = { mode, trigger: "1", keepsPrevious: true };
      const prepare = (state: State): State => declare(withForeignKeys(state), { desired, workload: {} });
      assertWalks(prepare, hazards, runs);
    },
    TIME_LIMIT,
  );
});
