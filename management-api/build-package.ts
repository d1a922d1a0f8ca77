import { chmod, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import * as z from "zod";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ROOT = join(HERE, "..");
const NAME = "signatureapi-management";

/** For CommonJS dependencies, which call `require` for Node's own modules. */
const BANNER = `#!/usr/bin/env node
import { createRequire as nodeCreateRequire } from "node:module"; const require = nodeCreateRequire(import.meta.url);`;

const manifestSchema = z.looseObject({
  version: z.string(),
  license: z.string(),
  homepage: z.string(),
  bugs: z.unknown(),
  repository: z.unknown(),
});

/**
 * Builds the package that is published, with the commands `check` and `emulator` in one file and no dependencies:
 * `node management-api/build-package.ts [--outdir FOLDER] [--metafile FILE]`. The metafile says what is in it.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      outdir: { type: "string", default: join(HERE, "dist/package") },
      metafile: { type: "string" },
    },
  });
  const { outdir } = values;
  await rm(outdir, { recursive: true, force: true });
  await mkdir(outdir, { recursive: true });
  const program = join(outdir, `${NAME}.mjs`);
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ["management-api/src/main.ts"],
    outfile: program,
    bundle: true,
    platform: "node",
    target: "node22",
    format: "esm",
    banner: { js: BANNER },
    // The emulator's own entry must not start in a program that only imports it.
    define: { "import.meta.main": "false" },
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "eof",
    logLevel: "warning",
    metafile: true,
  });
  await chmod(program, 0o755);
  await copyFile(join(ROOT, "LICENSE"), join(outdir, "LICENSE"));
  await copyFile(join(HERE, "README.md"), join(outdir, "README.md"));
  await writeFile(join(outdir, "package.json"), await manifest());
  if (values.metafile !== undefined) await writeFile(values.metafile, JSON.stringify(metafile));
}

/** The manifest of the package: a program, and nothing to import. */
async function manifest(): Promise<string> {
  const text = await readFile(join(HERE, "package.json"), "utf8");
  const { version, license, homepage, bugs, repository } = manifestSchema.parse(JSON.parse(text));
  const published = {
    name: NAME,
    version,
    description: "Checks a management API of SignatureAPI against its contract, and emulates it for tests",
    keywords: ["api-keys", "contract", "emulator", "signatureapi"],
    homepage,
    bugs,
    license,
    repository,
    type: "module",
    bin: { [NAME]: `./${NAME}.mjs` },
    exports: { "./package.json": "./package.json" },
    files: [`${NAME}.mjs`, "sbom.cdx.json", "THIRD-PARTY-LICENSES.txt"],
    engines: { node: ">=22.19" },
  };
  return `${JSON.stringify(published, undefined, 2)}\n`;
}

await main();
