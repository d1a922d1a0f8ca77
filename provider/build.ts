import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions, type BuildResult, type Metafile, type Plugin } from "esbuild";
import ts from "typescript";
import * as z from "zod";

const HERE = fileURLToPath(new URL(".", import.meta.url));

const SHARED: BuildOptions = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node22",
  // The one thing that is not bundled: the program's own SDK, of which there must be one.
  external: ["@pulumi/pulumi"],
  minifySyntax: true,
  legalComments: "eof",
  logLevel: "warning",
  metafile: true,
};

/** What programs import as an ES module. Not a bundle of its own: an old Node has to get as far as the check in the other. */
const ES_MODULE = 'export { ApiKey, Provider } from "./index.cjs";\n';

/**
 * Builds what is published: `node provider/build.ts [--outdir FOLDER]`.
 *
 * - `index.mjs`, `index.cjs`: what programs import, with types for both;
 * - `dynamic.cjs`: what Pulumi's host of dynamic providers requires. The state of every stack names it: it stays CommonJS,
 *   under this name;
 * - `program.cjs`, `dynamic-provider.cjs`: what these two load once they have found that Node is new enough;
 * - `THIRD-PARTY-LICENSES.txt`: the licences of what is bundled.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { outdir: { type: "string", default: join(HERE, "dist/package") } },
  });
  const { outdir } = values;
  await rm(outdir, { recursive: true, force: true });
  await mkdir(outdir, { recursive: true });
  const index = join(HERE, "src/index.ts");
  await writeFile(join(outdir, "index.mjs"), ES_MODULE);
  const [, ...bundles] = await Promise.all([
    writeTypes(index, outdir),
    build({ ...SHARED, entryPoints: [index], outfile: join(outdir, "program.cjs") }),
    build({
      ...SHARED,
      entryPoints: [join(HERE, "src/dynamic/index.ts")],
      minifyWhitespace: true,
      outfile: join(outdir, "dynamic-provider.cjs"),
    }),
    buildEntry("index", "../index.ts", join(outdir, "index.cjs"), "./program.cjs"),
    buildEntry("dynamic", "../dynamic/index.ts", join(outdir, "dynamic.cjs"), "./dynamic-provider.cjs"),
  ]);
  await writeLicences(
    bundles.map(({ metafile }) => metafile),
    outdir,
  );
}

/** Builds an entry that Node 12 can read, and that loads the bundle `to` in the place of the module `from`. */
function buildEntry(entry: string, from: string, outfile: string, to: string): Promise<BuildResult> {
  const bundle: Plugin = {
    name: "bundle",
    setup: (esbuild) => {
      esbuild.onResolve({ filter: /^\.\.\// }, ({ path }) =>
        path === from ? { path: to, external: true } : null,
      );
    },
  };
  const entryPoints = [join(HERE, `src/entry/${entry}.ts`)];
  return build({ ...SHARED, target: "node12", entryPoints, outfile, plugins: [bundle] });
}

const manifestSchema = z.object({ name: z.string(), version: z.string(), license: z.string() });

/** What the licences of the bundled packages ask for: that their text goes with every copy. */
async function writeLicences(bundles: readonly (Metafile | undefined)[], outdir: string): Promise<void> {
  const inputs = bundles.flatMap((bundle) => Object.keys(bundle?.inputs ?? {}));
  const folders = inputs.flatMap(
    (input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0] ?? [],
  );
  const texts = await Promise.all([...new Set(folders)].toSorted().map((folder) => licenceOf(folder)));
  const head = "pulumi-signatureapi contains code of these packages:\n";
  await writeFile(join(outdir, "THIRD-PARTY-LICENSES.txt"), [head, ...texts].join(`\n${"-".repeat(80)}\n\n`));
}

/** @throws Error where a package has no licence text to pass on: then it cannot be bundled. */
async function licenceOf(folder: string): Promise<string> {
  const { name, version, license } = manifestSchema.parse(
    JSON.parse(await readFile(join(folder, "package.json"), "utf8")),
  );
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
  if (file === undefined) throw new Error(`${folder} has no licence file, and cannot be bundled`);
  return `${name} ${version} (${license})\n\n${(await readFile(join(folder, file), "utf8")).trim()}\n`;
}

/** Who reads the declaration of the package's other entry learns that it is not for programs. */
const DYNAMIC_TYPES = `/** For Pulumi's host of dynamic providers, which the state of a stack sends here. Not for programs. */
export declare const provider: object;
`;

/** The modules whose declarations programs see. */
const PUBLIC = new Set(["index", "api-key", "args", "provider"]);

/** Declarations of what programs see, once for each module system: their imports need its file names. */
async function writeTypes(index: string, outdir: string): Promise<void> {
  const config = ts.readConfigFile(join(HERE, "../tsconfig.base.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, HERE);
  const program = ts.createProgram([index], { ...options, composite: false, stripInternal: true });
  const written = [writeFile(join(outdir, "dynamic.d.cts"), DYNAMIC_TYPES)];
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
