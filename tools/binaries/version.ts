/** The numbers of a version, most significant first. */
export type Version = readonly [major: number, minor: number, patch: number];

/** The first version (1.36.3, v1.30, …) in a text, or undefined. A missing patch number is 0. */
export function parseVersion(text: string): Version | undefined {
  const numbers = /(?<![\d.])(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  if (numbers === null) return undefined;
  return [Number(numbers[1]), Number(numbers[2]), Number(numbers[3] ?? 0)];
}

/** Is `version` the same as `minimum`, or later? */
export function isAtLeast(version: Version, minimum: Version): boolean {
  for (const [position, wanted] of minimum.entries()) {
    const difference = (version[position] ?? 0) - wanted;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

export const formatVersion = (version: Version): string => version.join(".");
