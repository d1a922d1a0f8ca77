import { helm, helmRelease, CHART, VALUE_SETS, valueSetFile } from "./helm.ts";
import type { RunResult } from "../../tools/binaries/run.ts";

/** Lints the chart with every set of values in its folder `ci`, and renders it: `npm run check:chart`. */
async function main(): Promise<void> {
  for (const valueSet of VALUE_SETS) {
    report(`lint, ${valueSet}`, await helm(["lint", "--strict", CHART, "--values", valueSetFile(valueSet)]));
    report(`template, ${valueSet}`, await helmRelease("template", { valueSet }));
  }
}

function report(what: string, { code, stdout, stderr }: RunResult): void {
  if (code === 0) {
    process.stdout.write(`ok: ${what}\n`);
    return;
  }
  process.stderr.write(`failed: ${what}\n${stdout}${stderr}\n`);
  process.exitCode = 1;
}

await main();
