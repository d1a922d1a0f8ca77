/** `npm run bench:neighbour`: what hostile neighbours cost another namespace. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { ACCOUNTS } from "@signatureapi-keys/controller/resources";
import { buildBundle } from "../../test/e2e/bundle.ts";
import { isReady } from "../../test/e2e/conditions.ts";
import { ControllerChild } from "../../test/e2e/controller-child.ts";
import { World } from "../../test/e2e/world.ts";
import { NEIGHBOURS, type Neighbour } from "./neighbours.ts";
import { timesOfScript } from "./script.ts";
import { timesToReady, VICTIM } from "./victims.ts";

const HELP = `Usage: npm run bench:neighbour [-- --keys 60] [--only 2]

Measures how long an ApiKey of a quiet namespace takes from its creation until it is ready: first with an idle controller,
then after a restart next to neighbours that do all of the following at once, and prints the ratios. In the same minutes
a bare script sends as many requests as such a key costs: what it loses is the API server's part. The controller is the
bundle as it ships, against a real API server and an emulator without a rate limit of its own.

${NEIGHBOURS.map(({ name }, index) => `  ${index + 1}. ${name}`).join("\n")}

  --keys N   how many ApiKeys are measured each time; default 60
  --only N   one of these neighbours alone
`;

/** Between two creates, in milliseconds: nothing of one is left when the next comes. */
const INTERVAL_MS = 500;
const SHARES = { p50: 0.5, p95: 0.95, longest: 1 } as const;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Milliseconds for each key, and for each row of requests of the script. */
interface Measured {
  readonly keys: readonly number[];
  readonly script: readonly number[];
}

function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function row(name: string, times: readonly number[], over?: readonly number[]): string {
  const figures = Object.entries(SHARES).map(([what, share]) => {
    const figure = quantile(times, share);
    return over === undefined
      ? `${what} ${figure.toFixed(0)} ms`
      : `${what} ${(figure / quantile(over, share)).toFixed(2)}`;
  });
  return `${name}: ${figures.join(", ")}`;
}

async function measure(world: World, name: string, count: number): Promise<Measured> {
  const prefix = name.replaceAll(" ", "-");
  // Not measured: the first ones find code that was never run.
  await timesToReady(world, `${prefix}-first`, { count: 5, interval: INTERVAL_MS });
  const [keys, script] = await Promise.all([
    timesToReady(world, prefix, { count, interval: INTERVAL_MS }),
    timesOfScript(world, prefix, { count, interval: INTERVAL_MS }),
  ]);
  say(row(`${name}, keys`, keys));
  say(row(`${name}, script`, script));
  return { keys, script };
}

/** A world to measure in, and how its controllers start. */
interface Ground {
  readonly world: World;
  readonly neighbours: readonly Neighbour[];
  readonly count: number;
  readonly start: () => Promise<ControllerChild>;
}

async function measureIdle({ world, neighbours, count, start }: Ground): Promise<Measured> {
  await using controller = await start();
  await world.addAccount(VICTIM, { rateLimit: { requestsPerSecond: 1_000, burst: 1_000 } });
  await world.watcher.until(ACCOUNTS, { namespace: VICTIM, name: "default" }, isReady);
  const measured = await measure(world, "idle", count);
  for (const { name, declare } of neighbours) {
    say(`  … ${name}`);
    await declare?.(world);
  }
  await controller.end();
  return measured;
}

async function measureBeside({ world, neighbours, count, start }: Ground): Promise<Measured> {
  for (const { prepare } of neighbours) await prepare?.(world);
  await using controller = await start();
  const stop = new AbortController();
  const acts = neighbours.map(async ({ act }) => act?.(world, stop.signal));
  try {
    return await measure(world, "with neighbours", count);
  } finally {
    stop.abort();
    await Promise.all(acts);
    await controller.end();
  }
}

interface Options {
  readonly count: number;
  readonly neighbours: readonly Neighbour[];
}

/** @throws RangeError, TypeError where the command line makes no sense. */
function readOptions(): Options | "help" {
  const { values } = parseArgs({
    options: {
      keys: { type: "string", default: "60" },
      only: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const count = Number(values.keys);
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`--keys takes a whole number, not ${values.keys}`);
  const { only } = values;
  const neighbours = NEIGHBOURS.filter((_one, index) => only === undefined || only === String(index + 1));
  if (neighbours.length === 0)
    throw new RangeError(`--only takes a number from 1 to ${NEIGHBOURS.length}, not ${String(only)}`);
  return { count, neighbours };
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options === "help") {
    say(HELP);
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-bench-"));
  await using world = await World.start({ emulator: { rateLimit: 1_000_000, burst: 1_000_000 } });
  try {
    const bundle = join(folder, "controller.mjs");
    await buildBundle(bundle);
    const flags = ["--allowed-base-urls", world.emulator.url];
    const start = async (): Promise<ControllerChild> => {
      const controller = new ControllerChild(world.cluster.kubeconfigFile, flags, bundle);
      await controller.said(/caches are filled/);
      return controller;
    };
    const ground = { world, start, ...options };
    const idle = await measureIdle(ground);
    const beside = await measureBeside(ground);
    say(row("with neighbours over idle, keys", beside.keys, idle.keys));
    say(row("with neighbours over idle, script", beside.script, idle.script));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
