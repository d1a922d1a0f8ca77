import { withConverged } from "../converged.ts";
import { quantile } from "../figures.ts";
import { ARRIVALS, CONTROLLER, keyNames, USER, type Ground } from "../ground.ts";
import { timesToReady } from "../latency.ts";
import type { Scenario } from "../scenario.ts";

const KEYS = 10_000;
const NEW_KEYS = 50;
const PER_SECOND = 10;

/** Someone creates ApiKeys while the controller starts over many. */
export const arrivals: Scenario = {
  name: "arrivals",
  about: `${NEW_KEYS} new ApiKeys, ${PER_SECOND} a second, while the controller restarts over ${KEYS} keys`,
  run: async (bench) => {
    const ground = await withConverged(bench, bench.scaled(KEYS, 50));
    const times = await timesDuringRestart(ground, bench.scaled(NEW_KEYS, 10));
    return [
      {
        name: "new key to Ready during a restart, p95, since the controller is ready",
        value: quantile(times, 0.95) / 1_000,
        unit: "s",
        note: `p50 ${(quantile(times, 0.5) / 1_000).toFixed(2)} s, ${times.length} keys`,
        target: { is: "at most", value: 1 },
      },
    ];
  },
};

/** @returns milliseconds, for each new key. */
async function timesDuringRestart(ground: Ground, count: number): Promise<readonly number[]> {
  await ground.audit.read();
  await using controller = await ground.startController();
  const created = ground.createKeysAtRate(ARRIVALS, keyNames(count), PER_SECOND);
  await controller.untilReady();
  const readyAt = Date.now();
  await created;
  await ground.untilKeys(ARRIVALS, count);
  const requests = await ground.audit.read(CONTROLLER, USER);
  await controller.end();
  return timesToReady(requests, ARRIVALS, readyAt);
}
