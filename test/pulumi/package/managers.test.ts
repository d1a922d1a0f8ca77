import { copyFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, inject, test, type TestContext } from "vitest";
import { run } from "../../../tools/binaries/run.ts";
import { startWorld, type StackWorld } from "../world.ts";
import { InstalledProject, versionHere } from "./installed.ts";

const { tarball } = inject("toolchain");

const BUN = "1.4.5";
const YARN = "4.18.1";

/** A world whose project has no packages yet, and declares one key. */
async function startEmpty(context: TestContext): Promise<StackWorld> {
  const world = await startWorld(context);
  const { project } = world;
  await rm(join(project.program, "node_modules"));
  await copyFile(tarball, join(project.program, basename(tarball)));
  const dependencies = {
    "@pulumi/pulumi": await versionHere("@pulumi/pulumi"),
    "pulumi-signatureapi": `file:./${basename(tarball)}`,
  };
  const manifest = { name: "shop", private: true, type: "module", main: "index.js", dependencies };
  await project.write("package.json", JSON.stringify(manifest));
  await world.declare({ checkout: { mode: "live" } });
  return world;
}

/** A package manager, from npm's registry or its cache. Returns the folder of its package. */
async function manager(context: TestContext, name: string, version: string): Promise<string> {
  const installed = await InstalledProject.empty(tarball);
  context.onTestFinished(() => installed.remove());
  const options = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  await installed.command("npm", ["install", ...options, `${name}@${version}`]);
  return join(installed.folder, "node_modules", name);
}

async function must(world: StackWorld, command: string, args: readonly string[]): Promise<string> {
  const env = { ...world.project.env(), NODE_OPTIONS: undefined };
  const { code, stdout, stderr } = await run(command, args, { cwd: world.project.program, env });
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  return stdout + stderr;
}

test("bun installs it, and Pulumi runs the program with Node", async (context) => {
  const world = await startEmpty(context);
  const platform = `${process.platform}-${process.arch === "arm64" ? "aarch64" : "x64"}`;
  const bun = join(await manager(context, `@oven/bun-${platform}`, BUN), "bin/bun");
  await must(world, bun, ["install", "--ignore-scripts"]);
  await world.project.up();
  const { keyId, key } = await world.key();
  expect(world.active()).toEqual([keyId]);
  expect(await world.works(key)).toBe(true);
});

test("with Yarn's Plug'n'Play, yarn exec pulumi works, and pulumi alone does not find its SDK", async (context) => {
  const world = await startEmpty(context);
  const yarn = join(await manager(context, "@yarnpkg/cli-dist", YARN), "bin/yarn.js");
  const { stdout } = await run("npm", ["config", "get", "registry"]);
  const registry = new URL(stdout.trim());
  const settings = {
    nodeLinker: "pnp",
    npmRegistryServer: registry.href,
    unsafeHttpWhitelist: [registry.hostname],
    enableGlobalCache: false,
    enableScripts: false,
    enableTelemetry: false,
  };
  // YAML contains JSON.
  await writeFile(join(world.project.program, ".yarnrc.yml"), JSON.stringify(settings));
  await must(world, process.execPath, [yarn, "install", "--no-immutable"]);
  const alone = await world.project.pulumi("preview");
  expect(alone.code).not.toBe(0);
  expect(alone.text).toContain("the Pulumi SDK has not been installed");
  expect(world.emulator.admin.requests()).toEqual([]);

  const exec = [yarn, "exec", "pulumi", "up", "--yes", "--skip-preview"];
  await must(world, process.execPath, exec);
  expect(world.active()).toHaveLength(1);
});
