import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { slim } from "./bundle/slim.ts";

const DEFAULT_OUTFILE = fileURLToPath(new URL("dist/signatureapi-controller.mjs", import.meta.url));

// CommonJS dependencies call `require` for Node's own modules, which an ES module does not have.
const BANNER =
  'import { createRequire as nodeCreateRequire } from "node:module"; const require = nodeCreateRequire(import.meta.url);';

/** Bundles the controller and all it needs into one file that a bare Node 24 runs: `node controller/build.ts [--outfile FILE]`. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { outfile: { type: "string", default: DEFAULT_OUTFILE } } });
  await build({
    entryPoints: [fileURLToPath(new URL("src/main.ts", import.meta.url))],
    outfile: values.outfile,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    banner: { js: BANNER },
    plugins: [slim],
    // Identifiers keep their names, so that stack traces in a log can be read.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "eof",
    logLevel: "warning",
  });
}

await main();
