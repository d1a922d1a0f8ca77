import { afterAll, beforeAll, describe, test } from "vitest";
import { isChosen } from "../mutants/parts.ts";
import { CrashWorld } from "./crash-world.ts";
import { MUTANTS } from "./mutations.ts";

const ROW_TIMEOUT_MS = 240_000;
const CHOSEN = MUTANTS.filter(({ name }) => isChosen("crash", name));

// A suite that finds nothing wrong in a broken product proves nothing.
describe.runIf(CHOSEN.length > 0)("the rows notice a controller that", () => {
  let world: CrashWorld;
  beforeAll(async () => {
    world = await CrashWorld.open();
  }, ROW_TIMEOUT_MS);
  afterAll(async () => world[Symbol.asyncDispose]());

  for (const mutant of CHOSEN) {
    test.concurrent(mutant.name, { timeout: ROW_TIMEOUT_MS }, async ({ expect }) => {
      await expect(mutant.run(world, await world.mutated(mutant))).rejects.toThrow(mutant.noticed);
    });
  }
});
