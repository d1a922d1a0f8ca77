import process from "node:process";
import { lint } from "./lint.ts";
import { repositoryTexts } from "./texts.ts";

/** Prints what the rules of `rules.ts` find, in the files that the arguments name the beginnings of, or in all. */
async function main(beginnings: readonly string[]): Promise<void> {
  const chosen = repositoryTexts().filter(
    ({ file }) => beginnings.length === 0 || beginnings.some((beginning) => file.startsWith(beginning)),
  );
  let count = 0;
  for (const texts of chosen) {
    for (const { file, line, rule, message, quoted } of await lint(texts)) {
      count += 1;
      process.stdout.write(`${file}:${line}: ${message} (${rule})\n    ${quoted.trim().slice(0, 160)}\n`);
    }
  }
  process.stdout.write(`${chosen.length} files, ${count} findings\n`);
  if (count > 0) process.exitCode = 1;
}

await main(process.argv.slice(2));
