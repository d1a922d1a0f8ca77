import { cp, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, test, type TestContext } from "vitest";
import { startWorld } from "./world.ts";

const YES = ["--yes", "--skip-preview"];

const isOther = (path: string): boolean => !path.endsWith("node_modules/pulumi-signatureapi");

/** The packages of a project from which this one was removed. */
async function withoutPackage(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pulumi-bare-"));
  context.onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const packages = join(inject("toolchain").packages, "node_modules");
  await cp(packages, join(folder, "node_modules"), { recursive: true, filter: isOther });
  return folder;
}

test("where the package was removed, the message says what to install and where, and the next up revokes the key", async (context) => {
  const world = await startWorld(context);
  const { project } = world;
  await world.up({ checkout: { mode: "live" } });
  const { keyId } = await world.key();

  // As a commit that removes both, the resource and the package.
  await project.write("index.js", "export const keys = {};\n");
  await project.usePackages(await withoutPackage(context));
  const folder = await realpath(project.program);
  for (const command of ["up", "destroy"]) {
    const { code, text } = await project.pulumi(command, ...YES);
    expect(code).not.toBe(0);
    expect(text).toContain(`pulumi-signatureapi is not installed in ${folder}`);
    expect(text).toContain(`Run \`npm install pulumi-signatureapi\` in ${folder}`);
    expect(text).toContain("Do not use `pulumi state delete`");
    expect(text).not.toMatch(/Require stack|Module\._load/);
    expect(world.active()).toEqual([keyId]);
  }

  await project.usePackages(inject("toolchain").packages);
  await project.up();
  expect(world.active()).toEqual([]);
});
