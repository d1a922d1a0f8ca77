/** `npm run bench`: what the controller costs, and how close it comes to what API server and vendor allow. */
import { writeFile } from "node:fs/promises";
import process from "node:process";
import type { Measured } from "./figures.ts";
import { Ground } from "./ground.ts";
import { readOptions, type Options } from "./options.ts";
import type { Lines } from "./plot.ts";
import { recordTemplate } from "./record.ts";
import type { Bench, Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import { line } from "./table.ts";

const HELP = `Usage: npm run bench [-- flags]

Measures the controller as it ships, on a real API server and an emulator without a rate limit. Each is a process of its
own. Ratios are measured within one run, against a bare script that sends the same requests.

${SCENARIOS.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join("\n")}

  --only A,B        some of these scenarios
  --scale N         multiplies the counts: 0.2 for a quick run
  --json FILE       stores the figures
`;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Something that is made once, when it is first asked for. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return async () => (made ??= make());
}

async function measure(scenarios: readonly Scenario[], { scale }: Options): Promise<readonly Measured[]> {
  await using stack = new AsyncDisposableStack();
  const plots = new Map<string, Lines>();
  const ground = once(async () => stack.use(await Ground.start()));
  const bench: Bench = {
    ground,
    template: once(async () => recordTemplate(await ground())),
    scaled: (count, least = 1) => Math.max(least, Math.round(count * scale)),
    say: (text) => say(`… ${text}`),
    draw: (name, lines) => void plots.set(name, lines),
    shared: {},
  };
  const measured: Measured[] = [];
  for (const scenario of scenarios) {
    const figures = await scenario.run(bench);
    measured.push({ scenario: scenario.name, figures });
    for (const figure of figures) say(line(scenario.name, figure));
  }
  return measured;
}

async function main(): Promise<void> {
  const options = readOptions(
    process.argv.slice(2),
    SCENARIOS.map(({ name }) => name),
  );
  if (options === "help") {
    say(HELP);
    return;
  }
  const scenarios = SCENARIOS.filter(({ name }) => options.only.includes(name));
  const measured = await measure(scenarios, options);
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(measured, null, 2)}\n`);
}

await main();
