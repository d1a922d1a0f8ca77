import { randomInt } from "node:crypto";
import process from "node:process";

/** What `npm test` begins with, so that each run of it is the same. */
const DEFAULT = 44_366_205;

let seed: number | undefined;

/**
 * The seed of the random tests of this run. `FC_SEED` gives another one, so that a run can be repeated; `FC_SEED=new`
 * draws one, which is printed.
 */
export function seedOfRun(): number {
  if (seed === undefined) {
    const asked = process.env["FC_SEED"] ?? String(DEFAULT);
    seed = asked === "new" ? randomInt(2 ** 31 - 1) : Number(asked);
    process.stdout.write(`FC_SEED=${seed} repeats these random tests\n`);
  }
  return seed;
}
