import { mutates, spanOf } from "../audit.ts";
import type { Figure } from "../figures.ts";
import { BENCH, keyNames, SCRIPT, type Ground } from "../ground.ts";
import { chartHeapFlags } from "../heap-flags.ts";
import type { Series } from "../plot.ts";
import type { Bench, Scenario } from "../scenario.ts";
import type { TemplateRequest } from "../template.ts";
import { aboutKeys, perKey, untilDone, writesStatus, type Work } from "../work.ts";

const KEYS = 5_000;
const AT_A_TIME = 32;
/** The write-ahead, and the record of the key. */
const STATUS_WRITES = 2;

/** All keys exist when the controller starts. */
export const converge: Scenario = {
  name: "converge",
  about: `${KEYS} ApiKeys exist, the controller starts and makes ${AT_A_TIME} keys at a time`,
  run: async (bench) => {
    const count = bench.scaled(KEYS, 50);
    const template = await bench.template();
    const ground = await bench.ground();
    const declared = await declare(bench, ground, count);
    const free = await passOfController(ground, count, []);
    await ground.restore(declared);
    const ceiling = await passOfScript(ground, template);
    await ground.restore(declared);
    const heapFlags = await chartHeapFlags();
    // Last, since its keys are those of the restart.
    const limited = await passOfController(ground, count, heapFlags);
    bench.shared.converged = count;
    bench.draw("converge", {
      title: `${count} keys from a standing start`,
      x: "seconds since the first request for a key",
      y: "keys",
      series: [progress("controller", free), progress("bare script", ceiling)],
    });
    return figures({ count, free, limited, ceiling, heapFlags });
  },
};

async function declare(bench: Bench, ground: Ground, count: number): Promise<string> {
  await ground.restore();
  await ground.createKeys(BENCH, keyNames(count));
  bench.say(`converge: ${count} ApiKeys are declared`);
  return ground.snapshot();
}

async function passOfController(ground: Ground, count: number, nodeFlags: readonly string[]): Promise<Work> {
  await ground.audit.read();
  await using controller = await ground.startController({ nodeFlags });
  const work = await untilDone(ground, controller, { statusWrites: count * STATUS_WRITES, keys: count });
  await controller.end();
  return work;
}

async function passOfScript(ground: Ground, template: readonly TemplateRequest[]): Promise<Work> {
  await ground.audit.read();
  await using script = await ground.runScript({ template, concurrency: AT_A_TIME });
  return { usage: await script.usage(), requests: await ground.audit.read(SCRIPT) };
}

interface Passes {
  readonly count: number;
  readonly free: Work;
  readonly limited: Work;
  readonly ceiling: Work;
  readonly heapFlags: readonly string[];
}

function figures({ count, free, limited, ceiling, heapFlags }: Passes): readonly Figure[] {
  // Events come later, at their own pace, and no key waits for them.
  const rate = ({ requests }: Work): number =>
    count / spanOf(aboutKeys(requests).filter(({ resource }) => resource !== "events"));
  const cpu = ({ usage }: Work): number => (usage.cpuSeconds * 1_000) / count;
  const passes = [free, limited];
  const shares = passes.map((pass) => rate(pass) / rate(ceiling));
  const cpuShares = passes.map((pass) => cpu(pass) / cpu(ceiling));
  const mutating = aboutKeys(free.requests).filter((request) => mutates(request));
  return [
    {
      name: "keys per second, as a share of the bare script's",
      value: mean(shares),
      samples: shares,
      unit: "",
      note: `${rate(free).toFixed(0)} and ${rate(limited).toFixed(0)} of ${rate(ceiling).toFixed(0)} keys/s`,
      target: { is: "at least", value: 0.85 },
      compared: "higher is better",
    },
    {
      name: "CPU for a key, over the bare script's",
      value: mean(cpuShares),
      samples: cpuShares,
      unit: "",
      note: `${cpu(free).toFixed(2)} and ${cpu(limited).toFixed(2)} ms, the script ${cpu(ceiling).toFixed(2)} ms`,
      target: { is: "at most", value: 1.5 },
      compared: "lower is better",
    },
    {
      name: "changing calls for a key, dry run included",
      value: mutating.length / count,
      unit: "",
      note: perKey(mutating, count),
      target: { is: "at most", value: 5 },
      compared: "lower is better",
    },
    peak("peak memory, without a limit", free, undefined),
    peak("peak memory, with the heap of the chart's limit", limited, heapFlags.join(" ")),
  ];
}

function peak(name: string, { usage }: Work, note: string | undefined): Figure {
  return { name, value: usage.peakRssMiB, unit: "MiB", note, target: { is: "at most", value: 120 } };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How many keys were done by when: a key is done with its last status. */
function progress(name: string, { requests }: Work): Series {
  const first = aboutKeys(requests).reduce(
    (least, { from }) => Math.min(least, from),
    Number.POSITIVE_INFINITY,
  );
  const done = new Map<string, number>();
  for (const request of requests) if (writesStatus(request)) done.set(request.name, request.to - first);
  const times = [...done.values()].toSorted((a, b) => a - b);
  return { name, points: times.map((time, index) => [time / 1_000, index + 1]) };
}
