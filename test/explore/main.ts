/** `npm run explore`: every interleaving of what can happen, up to bounds, on the code that ships. */
import { Worker } from "node:worker_threads";
import { LEFT_OUT, type Report } from "../../lifecycle/src/model/search/bound.ts";
import type { Search } from "../../lifecycle/src/model/search/searches.ts";
import { readOptions } from "./options.ts";
import type { Job, Told } from "./worker.ts";

/** Mebibytes: what a search keeps of states, until it has tried all that can go wrong in them. */
const HEAP = 9_000;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Searches a world in a thread of its own. */
async function searchInThread(job: Job): Promise<Report> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("worker.ts", import.meta.url), {
      workerData: job,
      resourceLimits: { maxOldGenerationSizeMb: HEAP },
    });
    worker.on("message", (told: Told) => {
      if (told.kind === "report") resolve(told.report);
      else print(`  … ${job.world}: ${told.states} states, at ${told.disturbances} disturbances`);
    });
    worker.on("error", reject);
    worker.on("exit", (code) => {
      reject(new Error(`the search of ${job.world} ended without a report, with exit code ${code}`));
    });
  });
}

function describe({
  world,
  states,
  visits,
  transitions,
  completeUpTo,
  complete,
  time,
  violation,
}: Report): string {
  const cut = `cut off; complete up to ${completeUpTo} disturbances`;
  const extent = complete ? "the whole bound" : violation === undefined ? cut : "ended by a violation";
  const seconds = (time / 1_000).toFixed(1);
  const line = `  ${world}: ${states} states (${visits} with budgets), ${transitions} transitions, ${seconds} s; ${extent}`;
  return violation === undefined ? line : `${line}\n${violation}`;
}

/** Searches the worlds of a search, several at the same time. */
async function run({ title, worlds, ...bound }: Search, threads: number): Promise<readonly Report[]> {
  const { interference, faults, ...counts } = bound;
  const tried = `${interference.length} interferences, ${faults.length} kinds of faults`;
  print(`\n${title}\n  bound (for each world): ${JSON.stringify(counts)}, ${tried}`);
  const left = [...worlds];
  const reports: Report[] = [];
  const work = async (): Promise<void> => {
    for (let world = left.shift(); world !== undefined; world = left.shift()) {
      const report = await searchInThread({ world, bound });
      print(describe(report));
      reports.push(report);
    }
  };
  await Promise.all(Array.from({ length: threads }, work));
  return reports;
}

/** @returns whether nothing went wrong. */
async function main(): Promise<boolean> {
  const { searches, threads } = readOptions(process.argv.slice(2));
  const begun = performance.now();
  for (const line of LEFT_OUT) print(`left out: ${line}`);
  const reports: Report[] = [];
  for (const search of searches) reports.push(...(await run(search, threads)));
  const sum = (count: (report: Report) => number): number =>
    reports.reduce((total, report) => total + count(report), 0);
  const violations = reports.filter(({ violation }) => violation !== undefined).length;
  const seconds = ((performance.now() - begun) / 1_000).toFixed(0);
  const found = violations === 0 ? "no violation" : `${violations} VIOLATIONS`;
  print(
    `\n${sum(({ states }) => states)} states, ${sum(({ transitions }) => transitions)} transitions in ${seconds} s; ${found}`,
  );
  return violations === 0;
}

process.exitCode = (await main()) ? 0 : 1;
