import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readRun, storeRun, type Run } from "./stored-run.ts";

async function file(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-run-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  return join(folder, "run.json");
}

test("a run is read as it was stored, also what could not be measured", async () => {
  const run: Run = {
    scale: 0.5,
    measured: [
      {
        scenario: "start",
        figures: [
          { name: "a", value: Number.NaN, unit: "s", samples: [1, Number.NaN] },
          { name: "b", value: 1, unit: "", note: "n", compared: "lower is better" },
          { name: "c", value: 2, unit: "", target: { is: "at most", value: 1 } },
        ],
      },
    ],
  };
  const path = await file();
  await storeRun(path, run);
  expect(await readRun(path)).toEqual(run);
});

test("a file that is none is refused by name", async () => {
  const path = await file();
  await writeFile(path, "{}");
  await expect(readRun(path)).rejects.toThrow(path);
  await expect(readRun(`${path}.missing`)).rejects.toThrow("--json");
});
