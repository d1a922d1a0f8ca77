import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { openApiDocument } from "./contract/openapi.ts";

/** Where the generated document is committed. @internal */
export const OPENAPI_FILE = fileURLToPath(new URL("../openapi.yaml", import.meta.url));

/** The text of `openapi.yaml`. @internal */
export function openApiYaml(): string {
  const header = "# Generated from src/contract by `npm run generate`. Do not edit.\n";
  return header + stringify(openApiDocument(), { aliasDuplicateObjects: false, lineWidth: 110 });
}

function main(): void {
  const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
  const text = openApiYaml();
  if (!values.check) {
    writeFileSync(OPENAPI_FILE, text);
  } else if (readFileSync(OPENAPI_FILE, "utf8") !== text) {
    process.stderr.write(
      "management-api/openapi.yaml differs from its schemas: run `npm run generate` and commit it.\n",
    );
    process.exitCode = 1;
  }
}

if (import.meta.main) main();
