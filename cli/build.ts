import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { slim } from "@signatureapi-keys/controller/bundle/slim";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DEFAULT_OUTFILE = fileURLToPath(new URL("dist/kubectl-signatureapi.mjs", import.meta.url));

// CommonJS dependencies call `require` for Node's own modules, which an ES module does not have.
const BANNER =
  'import { createRequire as nodeCreateRequire } from "node:module"; const require = nodeCreateRequire(import.meta.url);';

/**
 * Bundles the plugin into one file: `node cli/build.ts [--outfile FILE] [--format esm|cjs] [--metafile FILE]`. Node runs the
 * ES module; executables embed the CommonJS one. The metafile says what is in it, for its SBOM.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      outfile: { type: "string", default: DEFAULT_OUTFILE },
      format: { type: "string", default: "esm" },
      metafile: { type: "string" },
    },
  });
  const isModule = values.format === "esm";
  const { metafile } = await build({
    // Paths in the output start here. So two folders, and two current folders, give the same bytes.
    absWorkingDir: ROOT,
    entryPoints: ["cli/src/main.ts"],
    outfile: values.outfile,
    bundle: true,
    platform: "node",
    target: "node22",
    format: isModule ? "esm" : "cjs",
    ...(isModule && { banner: { js: BANNER } }),
    plugins: [slim],
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "eof",
    logLevel: "warning",
    metafile: true,
  });
  if (values.metafile !== undefined) await writeFile(values.metafile, JSON.stringify(metafile));
}

await main();
