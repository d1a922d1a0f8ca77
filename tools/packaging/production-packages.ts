import * as z from "zod";

/** A package of others that is installed with ours, without its development tools. */
export interface ProductionPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression, as the package declares it; empty if it declares none. */
  readonly license: string;
}

const lockSchema = z.looseObject({
  packages: z.record(
    z.string(),
    z.looseObject({
      version: z.string().optional(),
      license: z.string().optional(),
      link: z.boolean().optional(),
      dev: z.boolean().optional(),
      devOptional: z.boolean().optional(),
    }),
  ),
});

/**
 * The production dependencies that a lock file of npm names, also those of dependencies, sorted by name. Not only what a
 * bundle holds: a package that is installed is on the machine that builds a release.
 *
 * @throws ZodError if it is no lock file.
 */
export function productionPackages(lock: string): readonly ProductionPackage[] {
  const { packages } = lockSchema.parse(JSON.parse(lock));
  return Object.entries(packages)
    .filter(([path, { link, dev, devOptional }]) => {
      const ours = !path.includes("node_modules/");
      return !ours && link !== true && dev !== true && devOptional !== true;
    })
    .map(([path, { version = "", license = "" }]) => ({
      name: path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length),
      version,
      license,
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
