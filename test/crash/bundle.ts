import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const ENTRY = fileURLToPath(new URL("controller-process.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
// CommonJS dependencies call `require` for Node's own modules, which an ES module does not have.
const BANNER =
  'import { createRequire as nodeCreateRequire } from "node:module"; const require = nodeCreateRequire(import.meta.url);';

/** A change to the product's source, made in a bundle and nowhere else: a test must notice it. */
export interface Mutation {
  readonly name: string;
  /** From the repository's root. */
  readonly file: string;
  /** Is in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/**
 * Bundles the process that tests start, which then starts in half the time.
 *
 * @param outfile where the bundle goes.
 * @throws where the text that the mutation replaces is not in its file exactly once.
 */
export async function bundleController(outfile: string, mutation?: Mutation): Promise<void> {
  await build({
    entryPoints: [ENTRY],
    outfile,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    banner: { js: BANNER },
    logLevel: "warning",
    plugins: mutation === undefined ? [] : [mutate(mutation)],
  });
}

function mutate({ name, file, find, replace }: Mutation): Plugin {
  const path = `${ROOT}${file}`;
  return {
    name: "mutate",
    setup: (bundler) => {
      bundler.onLoad({ filter: /\.ts$/ }, async (args) => {
        if (args.path !== path) return undefined;
        const parts = (await readFile(path, "utf8")).split(find);
        if (parts.length !== 2)
          throw new Error(`mutation "${name}": its text is there ${parts.length - 1} times`);
        return { contents: parts.join(replace), loader: "ts" };
      });
    },
  };
}
