import { BENCH, keyNames, type Ground } from "./ground.ts";
import type { Bench } from "./scenario.ts";

/** Sees to it that the ground holds so many converged keys, more where there are more, and that no controller runs. */
export async function withConverged(bench: Bench, count: number): Promise<Ground> {
  const ground = await bench.ground();
  if (bench.shared.converged === undefined) await ground.restore();
  const have = bench.shared.converged ?? 0;
  if (have >= count) return ground;
  bench.say(`${count - have} more keys are made, to have ${count} that are converged`);
  await using controller = await ground.startController();
  await ground.createKeys(BENCH, keyNames(count - have, have));
  await ground.untilKeys(BENCH, count);
  await controller.end();
  bench.shared.converged = count;
  return ground;
}
