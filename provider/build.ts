import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions } from "esbuild";
import ts from "typescript";

const HERE = fileURLToPath(new URL(".", import.meta.url));

const SHARED: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node22",
  // The one thing that is not bundled: the program's own SDK, of which there must be one.
  external: ["@pulumi/pulumi"],
  minifySyntax: true,
  legalComments: "eof",
  logLevel: "warning",
};

/**
 * Builds what is published: `node provider/build.ts [--outdir FOLDER]`.
 *
 * - `index.mjs`, `index.cjs`: what programs import, with types for both;
 * - `dynamic.cjs`: what Pulumi's host of dynamic providers requires. The state of every stack names it: it stays CommonJS,
 *   under this name.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { outdir: { type: "string", default: join(HERE, "dist/package") } },
  });
  const { outdir } = values;
  await rm(outdir, { recursive: true, force: true });
  await mkdir(outdir, { recursive: true });
  const index = join(HERE, "src/index.ts");
  await Promise.all([
    build({ ...SHARED, entryPoints: [index], format: "esm", outfile: join(outdir, "index.mjs") }),
    build({ ...SHARED, entryPoints: [index], format: "cjs", outfile: join(outdir, "index.cjs") }),
    build({
      ...SHARED,
      entryPoints: [join(HERE, "src/dynamic/index.ts")],
      format: "cjs",
      minifyWhitespace: true,
      outfile: join(outdir, "dynamic.cjs"),
    }),
    writeTypes(index, outdir),
  ]);
}

/** The modules whose declarations programs see. */
const PUBLIC = new Set(["index", "api-key", "args", "provider"]);

/** Declarations of what programs see, once for each module system: their imports need its file names. */
async function writeTypes(index: string, outdir: string): Promise<void> {
  const config = ts.readConfigFile(join(HERE, "../tsconfig.base.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, HERE);
  const program = ts.createProgram([index], { ...options, composite: false, stripInternal: true });
  const written: Promise<void>[] = [];
  program.emit(
    undefined,
    (path, text) => {
      if (!PUBLIC.has(basename(path, ".d.ts"))) return;
      for (const kind of ["mts", "cts"] as const) {
        const name = basename(path).replace(/\.d\.ts$/, `.d.${kind}`);
        const flat = text.replaceAll(
          /(["'])\.\/(?:program\/)?([\w-]+)\.ts\1/g,
          (_match, quote: string, module: string) =>
            `${quote}./${module}.${kind.replace("ts", "js")}${quote}`,
        );
        written.push(writeFile(join(outdir, name), flat));
      }
    },
    undefined,
    true,
  );
  await Promise.all(written);
}

await main();
