import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { run } from "../../tools/binaries/run.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
let folder = "";
let installed = "";
let program = "";

async function must(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, { cwd });
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${stderr}`);
  return stdout;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "management-package-"));
  const built = join(folder, "package");
  const metafile = join(folder, "meta.json");
  const build = ["management-api/build-package.ts", "--outdir", built, "--metafile", metafile];
  await must(process.execPath, build, ROOT);
  const facts = [
    "--sbom",
    join(built, "sbom.cdx.json"),
    "--licences",
    join(built, "THIRD-PARTY-LICENSES.txt"),
  ];
  const packaging = ["tools/packaging/main.ts", "--name", "signatureapi-management", "--metafile", metafile];
  await must(process.execPath, [...packaging, ...facts], ROOT);
  await must("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], built);
  const tarball = (await readdir(folder)).find((name) => name.endsWith(".tgz")) ?? "none";
  const project = join(folder, "project");
  await must("npm", ["init", "--yes", "--init-type", "module"], await made(project));
  await must("npm", ["install", "--offline", "--no-audit", "--no-fund", join(folder, tarball)], project);
  installed = join(project, "node_modules/signatureapi-management");
  program = join(project, "node_modules/.bin/signatureapi-management");
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function made(path: string): Promise<string> {
  await must("mkdir", ["-p", path], folder);
  return path;
}

test("it holds one program, its licences and its SBOM, and depends on nothing", async () => {
  expect((await readdir(installed)).toSorted()).toEqual([
    "LICENSE",
    "README.md",
    "THIRD-PARTY-LICENSES.txt",
    "package.json",
    "sbom.cdx.json",
    "signatureapi-management.mjs",
  ]);
  const manifest: unknown = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
  expect(manifest).not.toHaveProperty("dependencies");
  expect(manifest).not.toHaveProperty("private");
  const { messages } = await publint({ pkgDir: installed, level: "suggestion" });
  expect(messages).toEqual([]);
  expect(await readFile(join(installed, "THIRD-PARTY-LICENSES.txt"), "utf8")).toContain("undici");
});

test("its two commands work together: the check holds against the emulator", async () => {
  const emulator = spawn(program, ["emulator", "--json"], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void emulator.kill("SIGKILL"));
  const line = Promise.withResolvers<string>();
  createInterface(emulator.stdout).once("line", line.resolve);
  const { url } = z.looseObject({ url: z.string() }).parse(JSON.parse(await line.promise));
  const token = join(folder, "token");
  await writeFile(token, "emulator-token\n");
  const args = ["check", "--base-url", url, "--token-file", token, "--create-test-key"];
  const checked = await run(program, [...args, "--requests-per-second", "10"], { cwd: folder });
  expect(checked.stdout).toMatch(/\n3\d hold, 0 differ, \d not tried\.\n$/);
  expect([checked.code, checked.stderr]).toEqual([0, ""]);
});

test("without a command it shows what there is, and ends with 2", async () => {
  const shown = await run(program, [], { cwd: folder });
  expect(shown.code).toBe(2);
  expect(shown.stderr).toMatch(/check .*\n.*emulator/);
  expect((await run(program, ["--help"], { cwd: folder })).code).toBe(0);
});
