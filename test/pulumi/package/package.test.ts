import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { expect, inject, test } from "vitest";
import * as z from "zod";

const { tarball, packages } = inject("toolchain");
const folder = join(packages, "node_modules/pulumi-signatureapi");
const manifest = z
  .looseObject({
    peerDependencies: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(await readFile(join(folder, "package.json"), "utf8")));

test("publint has nothing to say", async () => {
  const { messages, pkg } = await publint({ pkgDir: folder, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});

test("attw finds no fault in the types, for either module system and every way of resolving", async () => {
  const analysis = await checkPackage(createPackageFromTarballData(await readFile(tarball)));
  if (analysis.types === false) throw new Error("the package has no types");
  expect(Object.keys(analysis.entrypoints).toSorted()).toEqual([".", "./dynamic", "./package.json"]);
  const problems = analysis.problems
    // A subpath is out of reach for compilers that know no exports; programs do not import this one.
    .filter(
      (problem) =>
        !(
          "entrypoint" in problem &&
          problem.entrypoint === "./dynamic" &&
          problem.resolutionKind === "node10"
        ),
    )
    // Pulumi's host requires CommonJS; an import gets the same.
    .filter(
      (problem) =>
        !(
          "entrypoint" in problem &&
          problem.entrypoint === "./dynamic" &&
          problem.kind === "CJSResolvesToESM"
        ),
    );
  expect(problems).toEqual([]);
});

test("one package is installed, and it brings no other: only the program's own SDK is asked for", () => {
  expect(Object.keys(manifest.peerDependencies)).toEqual(["@pulumi/pulumi"]);
  expect(manifest).not.toHaveProperty("dependencies");
  // Pulumi's tools take it for a package with a plugin of its own, else.
  expect(manifest).not.toHaveProperty("pulumi");
  expect(manifest).not.toHaveProperty("scripts.install");
  expect(manifest).not.toHaveProperty("scripts.postinstall");
});

test("it holds what it should, and nothing else", async () => {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const declarations = ["api-key", "args", "index", "provider"].flatMap((name) => [
    `${name}.d.cts`,
    `${name}.d.mts`,
  ]);
  const built = [
    "THIRD-PARTY-LICENSES.txt",
    "dynamic-provider.cjs",
    "dynamic.cjs",
    "dynamic.d.cts",
    "index.cjs",
    "index.mjs",
    "program.cjs",
    ...declarations,
  ];
  expect(files.toSorted()).toEqual(
    ["LICENSE", "README.md", "package.json", ...built.map((name) => `dist/package/${name}`)].toSorted(),
  );
  for (const file of files.filter((name) => name.startsWith("dist/")))
    expect(await readFile(join(folder, file), "utf8"), file).not.toMatch(/@signatureapi-keys\//);
});

test("it stays small: under 400 kB packed, and under 1.5 MB unpacked", async () => {
  expect((await stat(tarball)).size).toBeLessThan(400_000);
  const dynamic = await stat(join(folder, "dist/package/dynamic-provider.cjs"));
  expect(dynamic.size).toBeLessThan(1_400_000);
  // The SDK reads this in every program: nothing of the client or the validation belongs in it.
  for (const name of ["index.cjs", "program.cjs"])
    expect((await stat(join(folder, "dist/package", name))).size, name).toBeLessThan(15_000);
});

test("the licence of every bundled package goes with it", async () => {
  const notices = await readFile(join(folder, "dist/package/THIRD-PARTY-LICENSES.txt"), "utf8");
  const named = [...notices.matchAll(/^(\S+) \d+\.\d+\.\d+ \((\S+)\)$/gm)].map(
    ([, name, licence]) => `${name}: ${licence}`,
  );
  expect(named).toEqual(["croner: MIT", "undici: MIT", "yaml: ISC", "zod: MIT"]);
  // The first words of the permission, in MIT's text and in ISC's.
  expect(notices.match(/Permission (is hereby granted|to use, copy)/g)).toHaveLength(named.length);
});
