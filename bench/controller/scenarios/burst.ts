import { quantile, type Figure } from "../figures.ts";
import { BENCH, CONTROLLER, KEY_SPEC, keyNames, SCRIPT, USER, type Ground } from "../ground.ts";
import { timesToReady } from "../latency.ts";
import type { Series } from "../plot.ts";
import type { Scenario } from "../scenario.ts";
import type { TemplateRequest } from "../template.ts";

const PER_SECOND = 50;
const SECONDS = 20;
/** Not measured: the first ones find code that was never run. */
const FIRST = 50;
const CONNECTIONS = 32;

/** Keys come at a steady rate, and none waits for another. */
export const burst: Scenario = {
  name: "burst",
  about: `ApiKeys are created at ${PER_SECOND} a second for ${SECONDS} s`,
  run: async (bench) => {
    const names = keyNames(FIRST + bench.scaled(PER_SECOND * SECONDS, PER_SECOND));
    const template = await bench.template();
    const ground = await bench.ground();
    bench.shared.converged = undefined;
    await ground.restore();
    const script = await timesOfScript(ground, names, template);
    await ground.restore();
    const controller = await timesOfController(ground, names);
    bench.draw("burst", {
      title: `Apply to Ready at ${PER_SECOND} keys a second`,
      x: "percent of the keys",
      y: "milliseconds",
      series: [quantiles("controller", controller), quantiles("the API's own latency (bare script)", script)],
    });
    return [
      ...figures("p50", 0.5, { controller, script, target: 40 }),
      ...figures("p99", 0.99, { controller, script, target: 250 }),
    ];
  },
};

async function timesOfScript(
  ground: Ground,
  names: readonly string[],
  template: readonly TemplateRequest[],
): Promise<readonly number[]> {
  await ground.audit.read();
  const arrivals = { names, perSecond: PER_SECOND, spec: KEY_SPEC };
  await using script = await ground.runScript({ template, concurrency: CONNECTIONS, arrivals });
  await script.end();
  return timesToReady(await ground.audit.read(SCRIPT), BENCH).slice(FIRST);
}

async function timesOfController(ground: Ground, names: readonly string[]): Promise<readonly number[]> {
  await using controller = await ground.startController();
  await controller.untilReady();
  await ground.audit.read();
  await ground.createKeysAtRate(BENCH, names, PER_SECOND);
  await ground.untilKeys(BENCH, names.length);
  const requests = await ground.audit.read(CONTROLLER, USER);
  await controller.end();
  return timesToReady(requests, BENCH).slice(FIRST);
}

interface Both {
  readonly controller: readonly number[];
  readonly script: readonly number[];
  readonly target: number;
}

function figures(name: string, share: number, { controller, script, target }: Both): readonly Figure[] {
  const [ours, api] = [quantile(controller, share), quantile(script, share)];
  return [
    {
      name: `apply to Ready beyond the API's own latency, ${name}`,
      value: ours - api,
      unit: "ms",
      note: `${ours.toFixed(0)} ms, the same calls of the script ${api.toFixed(0)} ms`,
      target: { is: "at most", value: target },
    },
    { name: `the same as a ratio, ${name}`, value: ours / api, unit: "", compared: "lower is better" },
  ];
}

function quantiles(name: string, times: readonly number[]): Series {
  const points = Array.from(
    { length: 100 },
    (_, percent) => [percent, quantile(times, percent / 100)] as const,
  );
  return { name, points: points.filter(([, time]) => Number.isFinite(time)) };
}
