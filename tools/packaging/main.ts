/** Writes what goes with a bundle: its SBOM, and the licences of what is in it. */
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { bundledPackages } from "./bundled-packages.ts";
import { isAllowed, licenceTexts } from "./licences.ts";
import { sbomOf } from "./sbom.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const HELP = `Usage: node tools/packaging/main.ts --name NAME --metafile FILE [--sbom FILE] [--licences FILE]

  --name NAME      the product, such as signatureapi-controller
  --metafile FILE  what esbuild has written about its bundle, with paths from the repository's root
  --sbom FILE      where the SBOM goes, as CycloneDX 1.6 in JSON
  --licences FILE  where the licences of the bundled packages go
`;

const metafileSchema = z.object({
  outputs: z.record(
    z.string(),
    z.object({ inputs: z.record(z.string(), z.object({ bytesInOutput: z.number() })) }),
  ),
});

const manifestSchema = z.object({
  version: z.string(),
  license: z.string(),
  repository: z.object({ url: z.string() }),
});

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      name: { type: "string" },
      metafile: { type: "string" },
      sbom: { type: "string" },
      licences: { type: "string" },
      help: { type: "boolean" },
    },
  });
  const { name, metafile, sbom, licences } = values;
  if (values.help === true || name === undefined || metafile === undefined) {
    process.stdout.write(HELP);
    return values.help === true ? 0 : 2;
  }
  const { outputs } = metafileSchema.parse(JSON.parse(readFileSync(metafile, "utf8")));
  const packages = bundledPackages({ outputs }, ROOT);
  const refused = packages.filter(({ license }) => !isAllowed(license));
  if (refused.length > 0) {
    const list = refused.map((one) => `${one.name} ${one.version} (${one.license})`).join(", ");
    process.stderr.write(
      `${name} may not contain ${list}: choose another package, or add the licence to tools/packaging/licences.ts\n`,
    );
    return 1;
  }
  const { version, license, repository } = manifestSchema.parse(
    JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")),
  );
  const product = { name, version, license, repository: repository.url };
  if (sbom !== undefined) await write(sbom, sbomOf(product, packages));
  if (licences !== undefined) await write(licences, licenceTexts(name, packages));
  return 0;
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

process.exitCode = await main();
