/** `npm run chaos`: many keys, everything breaking, and a check of the whole history. */
import { randomInt } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";
import { FlagError, HELP, readFlags } from "./options.ts";
import { describeReport } from "./report.ts";
import { runChaos } from "./run.ts";

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<number> {
  const options = readFlags(process.argv.slice(2), () => randomInt(2 ** 32));
  if (options === "help") {
    process.stdout.write(HELP);
    return 0;
  }
  const report = await runChaos(options, say);
  say(describeReport(report));
  if (options.report !== undefined) {
    await mkdir(dirname(options.report), { recursive: true });
    await writeFile(options.report, `${JSON.stringify(report, undefined, 2)}\n`);
    say(`the report is in ${options.report}`);
  }
  return report.violations.length === 0 ? 0 : 1;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

try {
  // What is still open must not keep it running: Node has been seen to close its handles for ever.
  process.exit(await main());
} catch (error) {
  const text =
    error instanceof FlagError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`chaos: ${text}\n`);
  process.exit(error instanceof FlagError ? 2 : 1);
}
