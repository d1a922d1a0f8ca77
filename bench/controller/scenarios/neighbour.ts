import { ACCOUNTS } from "@signatureapi-keys/controller/resources";
import { isReady } from "../../../test/e2e/conditions.ts";
import { ControllerChild } from "../../../test/e2e/controller-child.ts";
import { World } from "../../../test/e2e/world.ts";
import { quantile, type Figure } from "../figures.ts";
import { neighbours, type Neighbour } from "../neighbours.ts";
import type { Bench, Scenario } from "../scenario.ts";
import { timesOfScript } from "../script.ts";
import { timesToReady, VICTIM } from "../victims.ts";

const KEYS = 60;
/** Between two creates, in milliseconds: nothing of one is left when the next comes. */
const INTERVAL_MS = 500;

/** Milliseconds for each key, and for each row of requests of the script. */
interface Times {
  readonly keys: readonly number[];
  readonly script: readonly number[];
}

/** Neighbours that do all that another namespace must not feel, at once. */
export const neighbour: Scenario = {
  name: "neighbour",
  about: `${KEYS} ApiKeys of a quiet namespace, alone and then next to hostile neighbours`,
  run: async (bench) => {
    const count = bench.scaled(KEYS, 10);
    const { bundle } = await bench.ground();
    // An API server of its own: what the neighbours leave behind would slow down the scenarios after it.
    await using world = await World.start({ emulator: { rateLimit: 1_000_000, burst: 1_000_000 } });
    const flags = ["--allowed-base-urls", world.emulator.url];
    const start = async (): Promise<ControllerChild> => {
      const controller = new ControllerChild(world.cluster.kubeconfigFile, flags, bundle.file);
      await controller.said(/caches are filled/);
      return controller;
    };
    const place = { world, count, start, others: neighbours(bench.scaled) };
    const idle = await measureIdle(bench, place);
    const beside = await measureBeside(place);
    return [
      over("time to ready, p50, over that without neighbours", idle, beside, 0.5, 2),
      over("time to ready, p95, over that without neighbours", idle, beside, 0.95),
    ];
  },
};

function over(name: string, idle: Times, beside: Times, share: number, most?: number): Figure {
  const ratio = (times: keyof Times): number => quantile(beside[times], share) / quantile(idle[times], share);
  const [before, after] = [quantile(idle.keys, share), quantile(beside.keys, share)];
  return {
    name,
    value: ratio("keys"),
    unit: "",
    note: `${before.toFixed(0)} ms to ${after.toFixed(0)} ms; a script's requests ${ratio("script").toFixed(2)}`,
    ...(most === undefined ? {} : { target: { is: "at most", value: most }, compared: "lower is better" }),
  };
}

/** A world to measure in, and how its controllers start. */
interface Place {
  readonly world: World;
  readonly count: number;
  readonly others: readonly Neighbour[];
  readonly start: () => Promise<ControllerChild>;
}

async function measure(world: World, prefix: string, count: number): Promise<Times> {
  // Not measured: the first ones find code that was never run.
  await timesToReady(world, `${prefix}-first`, { count: 5, interval: INTERVAL_MS });
  const [keys, script] = await Promise.all([
    timesToReady(world, prefix, { count, interval: INTERVAL_MS }),
    timesOfScript(world, prefix, { count, interval: INTERVAL_MS }),
  ]);
  return { keys, script };
}

async function measureIdle(bench: Bench, { world, count, others, start }: Place): Promise<Times> {
  await using controller = await start();
  await world.addAccount(VICTIM, { rateLimit: { requestsPerSecond: 1_000, burst: 1_000 } });
  await world.watcher.until(ACCOUNTS, { namespace: VICTIM, name: "default" }, isReady);
  const measured = await measure(world, "idle", count);
  for (const { name, declare } of others) {
    bench.say(`neighbour: ${name}`);
    await declare?.(world);
  }
  await controller.end();
  return measured;
}

async function measureBeside({ world, count, others, start }: Place): Promise<Times> {
  for (const { prepare } of others) await prepare?.(world);
  await using controller = await start();
  const stop = new AbortController();
  const acts = others.map(async ({ act }) => act?.(world, stop.signal));
  try {
    return await measure(world, "beside", count);
  } finally {
    stop.abort();
    await Promise.all(acts);
    await controller.end();
  }
}
