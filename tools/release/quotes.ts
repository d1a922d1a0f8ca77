import * as z from "zod";

/**
 * Files whose texts may hold the same digits, and mean something else by them: versions of other programs, an older release,
 * examples of tests, and the contract, which has a version of its own. The changelog and the lock file are changed in their
 * own ways.
 */
const NOT_OURS = [
  /^CHANGELOG\.md$/,
  /^package-lock\.json$/,
  /^tools\//,
  /^test\//,
  /^bench\//,
  /^docs\/adr\//,
  /^management-api\/(openapi\.yaml|src\/contract\/)/,
  /\.test\.ts$/,
];

/** Whether a file, by its path from the root, quotes the version of this project where it has its digits. */
export function quotesVersion(path: string): boolean {
  return !NOT_OURS.some((pattern) => pattern.test(path));
}

/** The text with the present version replaced wherever it stands alone: not in `10.1.0`, `0.1.0.1` or `0.1.0-rc.1`. */
export function replaceVersion(text: string, present: string, next: string): string {
  const alone = new RegExp(`(?<![\\d.])${present.replaceAll(/[.+]/g, "\\$&")}(?![\\w-]|\\.\\d)`, "g");
  return text.replaceAll(alone, next);
}

const lockedSchema = z.looseObject({
  version: z.string().optional(),
  link: z.boolean().optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
  devDependencies: z.record(z.string(), z.string()).optional(),
});
type Lock = z.infer<typeof lockSchema>;
const lockSchema = z.looseObject({ version: z.string(), packages: z.record(z.string(), lockedSchema) });

/**
 * The lock file with the versions of this repository's own packages, and of what they ask of each other, replaced. Packages
 * of others keep theirs, also if the digits are the same.
 *
 * @param ours the names of this repository's packages.
 * @throws Error if it is no lock file of npm.
 */
export function replaceLocked(text: string, ours: readonly string[], next: string): string {
  const lock: unknown = JSON.parse(text);
  if (!isLock(lock)) throw new Error("package-lock.json is no lock file of npm.");
  for (const [path, locked] of Object.entries(lock.packages)) {
    if (path.includes("node_modules/")) continue;
    locked.version = next;
    for (const dependencies of [locked.dependencies, locked.devDependencies])
      for (const name of ours) if (dependencies?.[name] !== undefined) dependencies[name] = next;
  }
  lock.version = next;
  return `${JSON.stringify(lock, null, 2)}\n`;
}

/** Checked in place: a copy that Zod makes has another order of fields, and would change each line. */
function isLock(value: unknown): value is Lock {
  return lockSchema.safeParse(value).success;
}
