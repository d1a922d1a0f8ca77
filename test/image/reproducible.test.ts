import { createHash } from "node:crypto";
import { cp, glob, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as z from "zod";
import { run } from "../../tools/binaries/run.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const metafileSchema = z.object({ inputs: z.record(z.string(), z.unknown()) });

/** Builds in a copy of the repository, or in the repository itself. @returns the SHA-256 of each file, by its name. */
async function build(root: string, cwd: string, outdir: string): Promise<Readonly<Record<string, string>>> {
  const flags = ["--outfile", join(outdir, "out/controller.mjs"), "--metafile", join(outdir, "meta.json")];
  const { code, stderr } = await run(process.execPath, [join(root, "controller/build.ts"), ...flags], {
    cwd,
  });
  expect(code, stderr).toBe(0);
  const hashes: Record<string, string> = {};
  for await (const file of glob("**/*.mjs", { cwd: join(outdir, "out") })) {
    const content = await readFile(join(outdir, "out", file));
    hashes[file] = createHash("sha256").update(content).digest("hex");
  }
  return hashes;
}

/** Copies what is bundled, and what it takes to bundle it, with the packages at their places in `node_modules`. */
async function copyInputs(metafile: string, to: string): Promise<void> {
  const { inputs } = metafileSchema.parse(JSON.parse(await readFile(metafile, "utf8")));
  const files = new Set([
    "package.json",
    // It decides whether an import of types alone is an import.
    "tsconfig.base.json",
    "controller/build.ts",
    "controller/bundle",
    "controller/src/launch",
  ]);
  // What the build makes up itself has the name of its plugin before a colon.
  for (const input of Object.keys(inputs).filter((name) => !name.includes(":"))) {
    files.add(input);
    const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0];
    if (folder !== undefined) files.add(`${folder}/package.json`);
  }
  for (const name of ["controller", "lifecycle", "management-api"]) {
    files.add(`${name}/package.json`);
    files.add(`${name}/tsconfig.json`);
    await mkdir(join(to, "node_modules/@signatureapi-keys"), { recursive: true });
    await symlink(`../../${name}`, join(to, "node_modules/@signatureapi-keys", name));
  }
  for (const file of files) {
    await mkdir(dirname(join(to, file)), { recursive: true });
    await cp(join(ROOT, file), join(to, file), { recursive: true });
  }
  await symlink(join(ROOT, "node_modules/esbuild"), join(to, "node_modules/esbuild"));
}

test("two builds in two folders give the same bytes", { timeout: 300_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-build-"));
  try {
    const here = await build(ROOT, ROOT, join(folder, "here"));
    expect(Object.keys(here)).toEqual(expect.arrayContaining(["controller.mjs", "launch.mjs"]));
    const copy = join(folder, "a longer path/to the copy");
    await copyInputs(join(folder, "here/meta.json"), copy);
    expect(await build(copy, "/", join(folder, "there"))).toEqual(here);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
