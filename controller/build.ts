import { writeFile } from "node:fs/promises";
import { join, parse, resolve } from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions } from "esbuild";
import { builtins } from "./bundle/builtins.ts";
import { slim } from "./bundle/slim.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DEFAULT_OUTFILE = fileURLToPath(new URL("dist/signatureapi-controller.mjs", import.meta.url));

// CommonJS dependencies call `require` for Node's own modules, which an ES module does not have.
const BANNER =
  'import { createRequire as nodeCreateRequire } from "node:module"; const require = nodeCreateRequire(import.meta.url);';

const OPTIONS = {
  // Paths in the output start here. So two folders, and two current folders, give the same bytes.
  absWorkingDir: ROOT,
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  // Identifiers keep their names, so that stack traces in a log can be read.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "eof",
  logLevel: "warning",
} as const satisfies BuildOptions;

/**
 * Bundles the controller for a bare Node 24: `node controller/build.ts [--outfile FILE] [--metafile FILE]`.
 *
 * - `signatureapi-controller.mjs`, or FILE: the controller;
 * - `chunks/`, next to it: what it loads only when it needs it, such as the reader of kubeconfigs;
 * - `launch.mjs`, next to it: starts the first one with a heap that fits into the container;
 * - the metafile: what is in the controller and its chunks, for the SBOM.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { outfile: { type: "string", default: DEFAULT_OUTFILE }, metafile: { type: "string" } },
  });
  const { dir, name, ext } = parse(resolve(values.outfile));
  const [{ metafile }] = await Promise.all([
    build({
      ...OPTIONS,
      entryPoints: { [name]: "controller/src/main.ts" },
      outdir: dir,
      outExtension: { ".js": ext },
      // A Pod needs no reader of kubeconfigs: what is loaded on demand is a file of its own.
      splitting: true,
      chunkNames: "chunks/[name]-[hash]",
      banner: { js: BANNER },
      plugins: [slim, builtins],
      metafile: true,
    }),
    build({
      ...OPTIONS,
      entryPoints: ["controller/src/launch/main.ts"],
      outfile: join(dir, "launch.mjs"),
    }),
  ]);
  if (values.metafile !== undefined) await writeFile(values.metafile, JSON.stringify(metafile));
}

await main();
