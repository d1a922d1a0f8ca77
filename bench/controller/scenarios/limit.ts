import { setTimeout as delay } from "node:timers/promises";
import type { ManagementRequest } from "../emulator-process.ts";
import { keyNames, LIMITED, type Ground } from "../ground.ts";
import { usedShare } from "../rate.ts";
import type { Scenario } from "../scenario.ts";

const KEYS = 300;
/** The vendor's limit, which is also the default of an Account. */
const LIMIT = { requestsPerSecond: 10, burst: 10 };
/** Until a bucket is full again. */
const REFILL_MS = 2_000;

/** As many keys as the vendor lets be made. */
export const limit: Scenario = {
  name: "limit",
  about: `${KEYS} keys under the vendor's limit of ${LIMIT.requestsPerSecond} requests a second`,
  run: async (bench) => {
    const count = bench.scaled(KEYS, 40);
    const ground = await bench.ground();
    bench.shared.converged = undefined;
    await ground.restore();
    await ground.emulator.limit(LIMIT.requestsPerSecond, LIMIT.burst);
    const requests = await requestsFor(ground, count);
    await ground.emulator.limit(undefined);
    const useful = requests.filter(({ operation }) => operation === "createApiKey");
    return [
      {
        name: "share of the limit that useful calls use",
        value: usedShare(useful, LIMIT),
        unit: "",
        note: `${count} keys`,
        target: { is: "at least", value: 0.95 },
        compared: "higher is better",
      },
      {
        name: "answers 429",
        value: requests.filter(({ status }) => status === 429).length,
        unit: "",
        target: { is: "at most", value: 0 },
        compared: "lower is better",
      },
    ];
  },
};

async function requestsFor(ground: Ground, count: number): Promise<readonly ManagementRequest[]> {
  await using controller = await ground.startController();
  await controller.untilReady();
  // The first key of an account costs more: it proves that the API keeps tags.
  const [first = "", ...others] = keyNames(count + 1);
  await ground.createKeys(LIMITED, [first]);
  await ground.untilKeys(LIMITED, 1);
  await delay(REFILL_MS);
  await ground.emulator.clear();
  await ground.createKeys(LIMITED, others);
  await ground.untilKeys(LIMITED, count + 1);
  await controller.end();
  return await ground.emulator.requests(LIMITED);
}
