import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { GROUPS, type Row } from "../../management-api/src/check/rows.ts";

const FILE = new URL("../../docs/contract.md", import.meta.url);
const BEGIN = "<!-- rows: begin (npm run generate) -->\n";
const END = "<!-- rows: end -->";

const TRIED: Readonly<Record<Row["tried"], string>> = {
  reads: "always",
  "test-key": "with a test key",
  never: "never",
};

/** The tables of the page, one for each group of statements. */
export function contractTables(): string {
  return Object.entries(GROUPS)
    .map(([group, rows]) => `### ${group}\n\n${HEAD}${rows.map(line).join("")}`)
    .join("\n");
}

const HEAD = "| ID | Statement | Basis | Checked | If it is wrong |\n|---|---|---|---|---|\n";

function line({ id, claim, basis, tried, ifWrong }: Row): string {
  const cells = [`\`${id}\``, claim, basis, TRIED[tried], ifWrong];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
}

/** Writes the tables into docs/contract.md, or with `--check` says that they are out of date (exit 1). */
async function main(): Promise<void> {
  const before = await readFile(FILE, "utf8");
  const [head, rest] = before.split(BEGIN);
  const [, tail] = (rest ?? "").split(END);
  if (head === undefined || tail === undefined) throw new Error("docs/contract.md has no place for the rows");
  const after = `${head}${BEGIN}\n${contractTables()}\n${END}${tail}`;
  if (!process.argv.includes("--check")) {
    await writeFile(FILE, after);
  } else if (after !== before) {
    process.stderr.write("docs/contract.md differs from the rows of the check: run npm run generate\n");
    process.exitCode = 1;
  }
}

if (import.meta.main) await main();
