import { quantile } from "../figures.ts";
import type { Scenario } from "../scenario.ts";

const RUNS = 7;
const MEGABYTE = 1_000_000;

/** From the start of the process to /readyz, with nothing to do. */
export const start: Scenario = {
  name: "start",
  about: `the bundle starts in an empty cluster, the median of ${RUNS}`,
  run: async (bench) => {
    const ground = await bench.ground();
    await ground.restore();
    bench.shared.converged = 0;
    const seconds: number[] = [];
    const peaks: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      await using controller = await ground.startController();
      seconds.push(await controller.untilReady());
      peaks.push((await controller.usage()).peakRssMiB);
      await controller.end();
    }
    bench.shared.emptyMiB = quantile(peaks, 0.5);
    return [
      {
        name: "start to ready",
        value: quantile(seconds, 0.5),
        unit: "s",
        samples: seconds,
        target: { is: "at most", value: 0.5 },
      },
      {
        name: "size of the bundle",
        value: ground.bundle.bytes / MEGABYTE,
        unit: "MB",
        target: { is: "at most", value: 2.5 },
        compared: "lower is better",
      },
      { name: "peak memory until it is ready", value: quantile(peaks, 0.5), unit: "MiB" },
    ];
  },
};
