/** `npm run bench`: what the controller costs, and how close it comes to what API server and vendor allow. */
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { compareRuns, isRegression, mustBeComparable } from "./compare.ts";
import { describe, lookAround, type Environment } from "./environment.ts";
import type { Measured } from "./figures.ts";
import { Ground } from "./ground.ts";
import { readOptions, type Options } from "./options.ts";
import { linePlot, type Lines } from "./plot.ts";
import { recordTemplate } from "./record.ts";
import { generatedPart, withGenerated } from "./results.ts";
import type { Bench, Scenario } from "./scenario.ts";
import { SCENARIOS, SOAK } from "./scenarios/index.ts";
import { readRun, storeRun, type Run } from "./stored-run.ts";
import { line } from "./table.ts";
import { summaryOf } from "./template.ts";

const HELP = `Usage: npm run bench [-- flags]

Measures the controller as it ships, on a real API server and an emulator without a rate limit. Each is a process of its
own. Ratios are measured within one run, against a bare script that sends the same requests. Linux only.

${[...SCENARIOS, SOAK].map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join("\n")}

  --only A,B        some of these scenarios
  --scale N         multiplies the counts: 0.2 for a quick run
  --soak DURATION   runs the soak, such as 30m; alone, if --only does not name others
  --json FILE       stores the figures
  --compare FILE    compares with stored figures; fails if a ratio worsened by more than 15 %
  --write           writes bench/RESULTS.md also after a run of some scenarios, or at a smaller scale
`;

const PAGE = new URL("../RESULTS.md", import.meta.url);

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Something that is made once, when it is first asked for. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return async () => (made ??= make());
}

/** What was measured, and the plots by their names. */
interface Outcome {
  readonly measured: readonly Measured[];
  readonly plots: ReadonlyMap<string, Lines>;
}

async function measure(scenarios: readonly Scenario[], { scale, soak = 0 }: Options): Promise<Outcome> {
  await using stack = new AsyncDisposableStack();
  const plots = new Map<string, Lines>();
  const ground = once(async () => stack.use(await Ground.start()));
  const bench: Bench = {
    ground,
    template: once(async () => {
      bench.shared.converged = undefined;
      const template = await recordTemplate(await ground());
      say(`… the requests for a key: ${template.map((request) => summaryOf(request)).join(", ")}`);
      return template;
    }),
    scaled: (count, least = 1) => Math.max(least, Math.round(count * scale)),
    soak,
    say: (text) => say(`… ${text}`),
    draw: (name, lines) => void plots.set(name, lines),
    shared: {},
  };
  const measured: Measured[] = [];
  for (const scenario of scenarios) {
    const figures = await scenario.run(bench);
    measured.push({ scenario: scenario.name, figures });
    for (const figure of figures) say(line(scenario.name, figure, scale));
  }
  return { measured, plots };
}

async function writePage(environment: Environment, scale: number, outcome: Outcome): Promise<void> {
  const plots = [...outcome.plots].map(([name, lines]) => ({
    file: `${name}.svg`,
    title: lines.title,
    lines,
  }));
  for (const { file, lines } of plots) await writeFile(new URL(file, PAGE), linePlot(lines));
  const part = generatedPart({ environment, scale, measured: outcome.measured, plots });
  await writeFile(PAGE, withGenerated(await readFile(PAGE, "utf8"), part));
  say("bench/RESULTS.md is written");
}

/** @returns whether no ratio worsened. */
function compare(before: Run, now: Run): boolean {
  const comparisons = compareRuns(before, now);
  for (const { scenario, name, verdict, text } of comparisons)
    say(`${verdict}: ${scenario}: ${name}: ${text}`);
  return !comparisons.some((comparison) => isRegression(comparison));
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const options = readOptions(
    args,
    SCENARIOS.map(({ name }) => name),
  );
  if (options === "help") {
    say(HELP);
    return;
  }
  const { only, scale } = options;
  // Read first: a file that is missing must not be noticed after minutes.
  const before = options.compare === undefined ? undefined : await readRun(options.compare);
  if (before !== undefined) mustBeComparable(before, options);
  const environment = await lookAround(args, new Date());
  say(describe(environment));
  const outcome = await measure(
    [...SCENARIOS, SOAK].filter(({ name }) => only.includes(name)),
    options,
  );
  const run = { scale, measured: outcome.measured };
  if (options.json !== undefined) await storeRun(options.json, run);
  if (options.write) await writePage(environment, scale, outcome);
  if (before !== undefined && !compare(before, run)) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  // A mistake in the command line needs no stack.
  if (!(error instanceof RangeError || (error instanceof TypeError && "code" in error))) throw error;
  process.stderr.write(`npm run bench: ${error.message}\nSee npm run bench -- --help.\n`);
  process.exitCode = 2;
}
