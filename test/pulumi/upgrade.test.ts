import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, test, type TestContext } from "vitest";
import * as z from "zod";
import { startWorld } from "./world.ts";

/** The line that the states of builds before this one hold. */
const EARLIER_LINE = 'exports.handler = () => require("pulumi-signatureapi/dynamic").provider;';
const MARK = "a newer version of the provider is here";

/** Packages of which ours has programs write another line into the state. */
async function packagesWithLine(context: TestContext, line: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pulumi-earlier-"));
  context.onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const modules = join(folder, "node_modules");
  await cp(join(inject("toolchain").packages, "node_modules"), modules, { recursive: true });
  const program = join(modules, "pulumi-signatureapi/dist/package/program.cjs");
  const text = await readFile(program, "utf8");
  const present = "__provider: BOOTSTRAP";
  expect(text).toContain(present);
  await writeFile(
    program,
    text.replace(present, () => `__provider: ${JSON.stringify(line)}`),
  );
  return folder;
}

test("an upgrade of the package changes nothing in a stack, and its state stays small", async (context) => {
  const world = await startWorld(context);
  const { project } = world;
  const keys = {
    checkout: {
      mode: "live",
      description: "x".repeat(180),
      rotation: { every: "90d", early: "7d", overlap: "24h", trigger: "a" },
    },
  };
  await project.usePackages(await packagesWithLine(context, EARLIER_LINE));
  await world.up(keys);
  expect(await project.rawState()).toContain(JSON.stringify(EARLIER_LINE).slice(1, -1));
  const before = await world.key();
  const newer = await mkdtemp(join(tmpdir(), "pulumi-newer-"));
  context.onTestFinished(() => rm(newer, { recursive: true, force: true }));
  await cp(join(inject("toolchain").packages, "node_modules"), join(newer, "node_modules"), {
    recursive: true,
  });
  await appendFile(
    join(newer, "node_modules/pulumi-signatureapi/dist/package/dynamic.cjs"),
    `\nprocess.stderr.write(${JSON.stringify(`${MARK}\n`)});\n`,
  );
  await project.usePackages(newer);
  const preview = await project.must("preview", "--diff", "--expect-no-changes");
  expect(preview).toContain(MARK);
  await project.must("up", "--yes", "--skip-preview", "--expect-no-changes");
  expect(await world.key()).toEqual(before);

  // The largest that it gets: with a replaced key that lives on.
  await world.up({
    checkout: { ...keys.checkout, rotation: { ...keys.checkout.rotation, trigger: "b" } },
  });
  const { checkpoint } = z
    .object({
      checkpoint: z.object({ latest: z.object({ resources: z.array(z.looseObject({ type: z.string() })) }) }),
    })
    .parse(JSON.parse(await project.rawState()));
  const apiKey = checkpoint.latest.resources.find(({ type }) => type.endsWith(":ApiKey"));
  expect(JSON.stringify(apiKey)).toContain("revokeAt");
  expect(JSON.stringify(apiKey).length).toBeLessThan(4_096);
});
