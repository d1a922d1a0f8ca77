import * as semver from "semver";

/**
 * Says why a version cannot follow the present one, or `undefined` where it can: it is one of Semantic Versioning, as
 * written there, and newer.
 */
export function versionProblem(next: string, present: string): string | undefined {
  if (semver.valid(next) !== next)
    return `"${next}" is no version of Semantic Versioning: write it such as 0.2.0 or 0.2.0-rc.1, without a "v"`;
  if (!semver.gt(next, present)) return `${next} is not newer than ${present}, the present version`;
  return undefined;
}
