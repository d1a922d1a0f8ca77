/** Writes the krew manifest of a release: of the archives in a folder, and their checksums. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { krewManifest } from "./manifest.ts";

const HOMEPAGE = "https://github.com/signatureapi-keys/signatureapi-keys";
const HELP = `Usage: node tools/krew/main.ts --version VERSION --archives FOLDER

  --version VERSION  such as 0.2.0
  --archives FOLDER  the folder with kubectl-signatureapi-OS-ARCH.tar.gz
`;

function main(): number {
  const { values } = parseArgs({ options: { version: { type: "string" }, archives: { type: "string" } } });
  const { version, archives: folder } = values;
  if (version === undefined || folder === undefined) {
    process.stderr.write(HELP);
    return 2;
  }
  const names = readdirSync(folder).filter((name) => name.endsWith(".tar.gz"));
  const archives = names.toSorted().map((name) => ({ name, sha256: sha256Of(join(folder, name)) }));
  const files = `${HOMEPAGE}/releases/download/v${version}`;
  process.stdout.write(stringify(krewManifest({ version, homepage: HOMEPAGE, files, archives })));
  return 0;
}

function sha256Of(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

process.exitCode = main();
