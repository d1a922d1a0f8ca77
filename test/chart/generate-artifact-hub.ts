import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withAnnotations } from "./artifact-hub.ts";
import { CHART, render } from "./helm.ts";
import { only, podOf } from "./rendered.ts";

const CHANGELOG = new URL("../../CHANGELOG.md", import.meta.url);

/** Writes what Artifact Hub shows into Chart.yaml, or with `--check` says whether it is out of date (exit 1). */
async function main(): Promise<void> {
  const file = join(CHART, "Chart.yaml");
  const before = await readFile(file, "utf8");
  const { image } = podOf(only(await render(), "Deployment")).container;
  const after = withAnnotations(before, await readFile(CHANGELOG, "utf8"), image);
  if (!process.argv.includes("--check")) {
    await writeFile(file, after);
  } else if (after !== before) {
    process.stderr.write("Chart.yaml differs from CRDs, examples and changelog: run npm run generate\n");
    process.exitCode = 1;
  }
}

await main();
