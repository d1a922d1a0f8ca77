import { randomInt } from "node:crypto";
import process from "node:process";

let seed: number | undefined;

/**
 * The seed of the random tests of this run: a new one each time, which is printed, or that of the environment variable
 * `FC_SEED`, so that a run can be repeated.
 */
export function seedOfRun(): number {
  if (seed === undefined) {
    seed = Number(process.env["FC_SEED"] ?? randomInt(2 ** 31 - 1));
    process.stdout.write(`FC_SEED=${seed} repeats these random tests\n`);
  }
  return seed;
}
