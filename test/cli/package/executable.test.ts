import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import manifest from "../../../cli/package.json" with { type: "json" };
import { run } from "../../../tools/binaries/run.ts";

const CLI = fileURLToPath(new URL("../../../cli/", import.meta.url));
const ENV = { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent" };
const EXECUTABLE = "kubectl-signatureapi";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "plugin-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

test("the bundle runs on Node alone, from any folder", async () => {
  const bundle = join(folder, "plugin.mjs");
  const built = await run(process.execPath, [join(CLI, "build.ts"), "--outfile", bundle]);
  expect(built).toMatchObject({ code: 0, stderr: "" });
  const version = await run(process.execPath, [bundle, "version", "--client"], { env: ENV });
  expect(version).toMatchObject({ code: 0, stdout: `Plugin: ${manifest.version}\n`, stderr: "" });
  const unknown = await run(process.execPath, [bundle, "nope"], { env: ENV });
  expect(unknown).toMatchObject({ code: 2, stdout: "" });
});

test("the executable of this platform runs without Node, and answers kubectl's completion", async () => {
  const file = join(folder, EXECUTABLE);
  const built = await run(process.execPath, [join(CLI, "executable.ts"), "--outfile", file]);
  expect(built).toMatchObject({ code: 0 });
  expect(statSync(file).mode & 0o111).toBe(0o111);
  const bare = { env: { HOME: "/nonexistent" } };
  expect(await run(file, ["version", "--client", "-o", "json"], bare)).toMatchObject({
    code: 0,
    stdout: `{\n  "client": "${manifest.version}"\n}\n`,
    stderr: "",
  });
  expect((await run(file, ["__complete", "sta"], bare)).stdout).toMatch(/^status\t.*\n:4\n$/);
  // What reads kubeconfigs is loaded on demand only: it must be in there.
  const failed = await run(file, ["status", "--kubeconfig", "/nonexistent/config"], bare);
  expect(failed).toMatchObject({ code: 5, stdout: "" });
  expect(failed.stderr).toContain("could not read the kubeconfig /nonexistent/config: ENOENT");
});
