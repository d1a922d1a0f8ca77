import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DEFAULT_OUTFILE = fileURLToPath(new URL("dist/signatureapi-emulator.mjs", import.meta.url));

// CommonJS dependencies call `require` for Node's own modules, which an ES module does not have.
const BANNER =
  'import { createRequire as nodeCreateRequire } from "node:module"; const require = nodeCreateRequire(import.meta.url);';

/**
 * Bundles the emulator into one file that a bare Node 24 runs: `node management-api/build.ts [--outfile FILE]
 * [--metafile FILE]`. The metafile says what is in it, for its SBOM.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { outfile: { type: "string", default: DEFAULT_OUTFILE }, metafile: { type: "string" } },
  });
  const { metafile } = await build({
    // Paths in the output start here. So two folders, and two current folders, give the same bytes.
    absWorkingDir: ROOT,
    entryPoints: ["management-api/src/emulator/main.ts"],
    outfile: values.outfile,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    banner: { js: BANNER },
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "eof",
    logLevel: "warning",
    metafile: true,
  });
  if (values.metafile !== undefined) await writeFile(values.metafile, JSON.stringify(metafile));
}

await main();
