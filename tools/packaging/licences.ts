import spdxParse from "spdx-expression-parse";
import type { BundledPackage } from "./bundled-packages.ts";

/** Licences of code that may be in what we publish: they ask for no more than that their text goes with it. */
const ALLOWED: readonly string[] = [
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
  "PSF-2.0",
  "Python-2.0",
  "Unlicense",
];

/** Whether code under an SPDX expression may be in what we publish. An exception, or a text that is none, is refused. */
export function isAllowed(expression: string): boolean {
  try {
    return holds(spdxParse(expression));
  } catch {
    return false;
  }
}

function holds(info: spdxParse.Info): boolean {
  if ("conjunction" in info) {
    const [left, right] = [holds(info.left), holds(info.right)];
    return info.conjunction === "or" ? left || right : left && right;
  }
  return info.exception === undefined && ALLOWED.includes(info.license);
}

/** The file that goes with a bundle: the licence of each package, with its text. */
export function licenceTexts(product: string, packages: readonly BundledPackage[]): string {
  const texts = packages.map(
    ({ name, version, license, licenseText }) => `${name} ${version} (${license})\n\n${licenseText}\n`,
  );
  return [`${product} contains code of these packages:\n`, ...texts].join(`\n${"-".repeat(80)}\n\n`);
}
