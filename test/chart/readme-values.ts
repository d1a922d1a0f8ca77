import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CHART, chartFile } from "./helm.ts";
import { valueRows, valuesTable } from "./values-table.ts";

const BEGIN = "<!-- values: begin (npm run generate) -->\n";
const END = "\n<!-- values: end -->";

/** Writes the table of values into the chart's README, or with `--check` says whether it is out of date (exit 1). */
async function main(): Promise<void> {
  const file = join(CHART, "README.md");
  const before = await readFile(file, "utf8");
  const [head, rest] = before.split(BEGIN);
  const [, tail] = (rest ?? "").split(END);
  if (head === undefined || tail === undefined)
    throw new Error(`${file} has no place for the table of values`);
  const after = `${head}${BEGIN}${valuesTable(valueRows(await chartFile("values.yaml")))}${END}${tail}`;
  if (!process.argv.includes("--check")) {
    await writeFile(file, after);
  } else if (after !== before) {
    process.stderr.write("the chart's README differs from its values.yaml: run npm run generate\n");
    process.exitCode = 1;
  }
}

await main();
