/** `npm run bench:pulumi`: what a stack of keys costs over a stack of nothing, and whether the vendor's limit is used. */
import process from "node:process";
import { parseArgs } from "node:util";
import { startEmulator, type LoggedRequest } from "@signatureapi-keys/management-api/emulator";
import { Project } from "../../test/pulumi/project.ts";
import { prepareToolchain, type Toolchain } from "../../test/pulumi/toolchain.ts";
import { EMPTY, EMPTY_LINE, KEYS, RESOURCES } from "./programs.ts";

const UNLIMITED = 100_000;
/** The most that the provider lets be configured. */
const MOST = 1_000;
const LIMIT = 10;
const TOKEN = "emulator-token";

const HELP = `Usage: npm run bench:pulumi [-- --rounds 5]

Runs pulumi up of ${RESOURCES} ApiKeys and of ${RESOURCES} empty dynamic resources, in turns, each on a new stack, with the real engine and an
emulator without a rate limit; prints the ratio of the medians. Then once with the vendor's limit of ${LIMIT} requests per second.
`;

type Stack = "empty" | "line" | "keys";

/** In the order in which each round runs them. */
const STACKS: readonly (readonly [Stack, string])[] = [
  ["empty", EMPTY],
  ["line", EMPTY_LINE],
  ["keys", KEYS],
];

/** One `pulumi up` of a new stack. */
interface Run {
  readonly seconds: number;
  readonly requests: readonly LoggedRequest[];
}

async function up(toolchain: Toolchain, program: string, requestsPerSecond: number): Promise<Run> {
  await using emulator = await emulatorWith(requestsPerSecond);
  const project = await Project.create({
    toolchain,
    baseUrl: emulator.url,
    token: TOKEN,
    program: { text: program },
  });
  try {
    await project.must(
      "config",
      "set",
      "signatureapi:requestsPerSecond",
      String(Math.min(requestsPerSecond, MOST)),
    );
    const start = performance.now();
    await project.up();
    const seconds = (performance.now() - start) / 1_000;
    return { seconds, requests: emulator.requests() };
  } finally {
    await project.remove();
  }
}

async function emulatorWith(
  rateLimit: number,
): Promise<AsyncDisposable & { url: string; requests: () => readonly LoggedRequest[] }> {
  const emulator = await startEmulator({ rateLimit, burst: rateLimit });
  return {
    url: emulator.url,
    requests: () => emulator.admin.requests(),
    [Symbol.asyncDispose]: () => emulator.close(),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The share of what the limit allows from the first request to the last one: the burst, and so many per second. */
function usedShare(requests: readonly LoggedRequest[]): number {
  const times = requests.map(({ time }) => Date.parse(time));
  const seconds = (Math.max(...times) - Math.min(...times)) / 1_000;
  return requests.length / (LIMIT + LIMIT * seconds);
}

const show = (values: readonly number[]): string => values.map((value) => value.toFixed(1)).join(", ");
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: "string", default: "5" }, help: { type: "boolean", default: false } },
  });
  if (values.help) return say(HELP);
  const { toolchain, remove } = await prepareToolchain();
  try {
    const seconds: Record<Stack, number[]> = { empty: [], line: [], keys: [] };
    for (let round = 1; round <= Number(values.rounds); round++) {
      for (const [stack, program] of STACKS) {
        seconds[stack].push((await up(toolchain, program, UNLIMITED)).seconds);
        say(`round ${round}: ${stack} ${show(seconds[stack].slice(-1))} s`);
      }
    }
    for (const [stack] of STACKS)
      say(`${stack}: ${show(seconds[stack])} s; median ${show([median(seconds[stack])])} s`);
    const ratio = (base: Stack): string => (median(seconds.keys) / median(seconds[base])).toFixed(2);
    say(`${RESOURCES} ApiKeys over ${RESOURCES} empty dynamic resources: ${ratio("empty")}`);
    say(`${RESOURCES} ApiKeys over ${RESOURCES} empty resources with a constant provider: ${ratio("line")}`);
    const limited = await up(toolchain, KEYS, LIMIT);
    const refused = limited.requests.filter(({ status }) => status === 429).length;
    say(
      `${RESOURCES} ApiKeys, ${LIMIT} requests/s: ${show([limited.seconds])} s, ${limited.requests.length} requests`,
    );
    say(`of the limit used: ${(usedShare(limited.requests) * 100).toFixed(1)} %; answers 429: ${refused}`);
  } finally {
    await remove();
  }
}

await main();
