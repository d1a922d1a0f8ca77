import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

/** The part of esbuild's metafile that says what is in a bundle. */
export interface BundleContents {
  readonly outputs: Readonly<
    Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>
  >;
}

/** A package of npm whose code is in a bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression, as the package declares it. */
  readonly license: string;
  /** The text that the licence asks to be passed on. */
  readonly licenseText: string;
  readonly description: string | undefined;
  readonly homepage: string | undefined;
}

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  description: z.string().optional(),
  homepage: z.string().optional(),
});

/**
 * The packages of which at least one byte is in a bundle, by name and version. What esbuild has left out is not in it, and
 * what is in `package-lock.json` does not count.
 *
 * @param root the folder that the metafile's paths start from.
 * @throws Error that names the package, where one has no licence, or no licence text to pass on.
 */
export function bundledPackages(metafile: BundleContents, root: string): readonly BundledPackage[] {
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const folders = inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .flatMap(([input]) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0] ?? []);
  const found = new Map<string, BundledPackage>();
  for (const folder of new Set(folders)) {
    const one = readPackage(join(root, folder));
    found.set(`${one.name}@${one.version}`, one);
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function readPackage(folder: string): BundledPackage {
  const manifest = manifestSchema.safeParse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
  if (!manifest.success)
    throw new Error(`${folder}/package.json declares no name, version or licence, so it cannot be bundled`);
  const { name, version, license, description, homepage } = manifest.data;
  const entries = readdirSync(folder);
  const file = entries.find((entry) => /^((un)?licen[cs]e|copying)(\.|-|$)/i.test(entry));
  if (file === undefined) throw new Error(`${folder} has no licence file, so it cannot be bundled`);
  // The Apache licence asks for the NOTICE too.
  const notices = entries.filter((entry) => /^notice(\.|$)/i.test(entry));
  const texts = [file, ...notices].map((entry) => readFileSync(join(folder, entry), "utf8").trim());
  const licenseText = texts.join("\n\n");
  return { name, version, license, licenseText, description, homepage };
}
