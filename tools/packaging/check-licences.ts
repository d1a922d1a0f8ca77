/** Reports production dependencies whose licence is not on our list: `npm run check:licences`. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { isAllowed } from "./licences.ts";
import { productionPackages } from "./production-packages.ts";

const packages = productionPackages(
  readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8"),
);
const refused = packages.filter(({ license }) => !isAllowed(license));
for (const { name, version, license } of refused) {
  const problem = license === "" ? "declares no licence" : `has the licence ${license}`;
  process.stderr.write(
    `${name} ${version} ${problem}: choose another package, or add the licence to tools/packaging/licences.ts\n`,
  );
}
if (refused.length > 0) process.exitCode = 1;
else process.stdout.write(`${packages.length} production dependencies, each with a licence of our list\n`);
