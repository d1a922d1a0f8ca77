import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** The text of a file of the repository. @param path from its root. */
export function fileText(path: string): string {
  return readFileSync(`${ROOT}${path}`, "utf8");
}

/**
 * A number that a source file defines, such as `const RETRY_MS = 10 * 60_000` or `everything: 96`: constants that
 * nothing else needs are not exported for a test.
 *
 * @throws Error where the file has no such definition, or more than one.
 */
export function numberIn(path: string, name: string): number {
  const definition = new RegExp(`\\b${name}(?:: number)?(?: =|:) ([\\d_.]+(?: \\* [\\d_.]+)*)[;,]`, "g");
  const found = [...fileText(path).matchAll(definition)];
  const [only] = found;
  if (only?.[1] === undefined || found.length !== 1)
    throw new Error(`${path} defines ${name} ${found.length} times, not once`);
  return only[1]
    .split(" * ")
    .map((factor) => Number(factor.replaceAll("_", "")))
    .reduce((product, factor) => product * factor, 1);
}
