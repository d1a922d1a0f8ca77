import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";
import { run } from "../../tools/binaries/run.ts";
import type { Toolchain } from "./toolchain.ts";

/**
 * A folder of packages with another version of the SDK, and this package as a user installs it: npm checks that the version
 * is one that the package says it works with. Needs the registry, or npm's cache.
 */
export async function packagesWithSdk(
  context: TestContext,
  { tarball }: Toolchain,
  version: string,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pulumi-sdk-"));
  context.onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true }));
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--strict-peer-deps"];
  const { code, stderr } = await run("npm", ["install", ...options, `@pulumi/pulumi@${version}`, tarball], {
    cwd: folder,
  });
  if (code !== 0) throw new Error(`npm install of @pulumi/pulumi ${version} ended with ${code}:\n${stderr}`);
  return folder;
}
