import { randomInt } from "node:crypto";
import process from "node:process";

let seed: number | undefined;

/** The seed of the random tests of this run: a new one, which is printed. `FC_SEED` gives one, so that a run can be repeated. */
export function seedOfRun(): number {
  if (seed === undefined) {
    const asked = process.env["FC_SEED"];
    seed = asked === undefined ? randomInt(2 ** 31 - 1) : Number(asked);
    process.stdout.write(`FC_SEED=${seed} repeats these random tests\n`);
  }
  return seed;
}
