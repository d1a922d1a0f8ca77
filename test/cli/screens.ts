import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A command in a page, and the screen that the page shows of it. */
export interface Screen {
  /** After `$ `, as a user types it. */
  readonly command: string;
  readonly output: string;
}

const BLOCK = /^```console\n\$ (?<command>.*)\n(?<output>(?:.*\n)*?)```$/gmu;

function pathOf(page: string): string {
  return fileURLToPath(new URL(`../../${page}`, import.meta.url));
}

/** The screens of a page, in their order. @param page its path from the repository's root */
export function screensOf(page: string): readonly Screen[] {
  return [...readFileSync(pathOf(page), "utf8").matchAll(BLOCK)].map(({ groups }) => ({
    command: groups?.["command"] ?? "",
    output: groups?.["output"] ?? "",
  }));
}

/** Writes other screens into a page, one for each of its commands. */
export function writeScreens(page: string, outputs: readonly string[]): void {
  const text = readFileSync(pathOf(page), "utf8");
  let index = 0;
  const replaced = text.replaceAll(
    BLOCK,
    (_, command: string) => `\`\`\`console\n$ ${command}\n${outputs[index++] ?? ""}\`\`\``,
  );
  writeFileSync(pathOf(page), replaced);
}

/** Takes out of a screen what differs from run to run: IDs, times, ages, and the columns that they widen. */
export function normalized(screen: string): string {
  return screen
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/gu, "TIME")
    .replaceAll(/\bak_[0-9a-f]+/gu, "ak_ID")
    .replaceAll(/…[A-Za-z0-9]{4}\b/gu, "…HINT")
    .replaceAll(/\b(attempt) [a-z2-7]{8}\b/giu, "$1 ID")
    .replaceAll(/\b\d+(s|m|h|d|ms)\b/gu, "AGE")
    .replaceAll(/ {2,}/gu, " ")
    .replaceAll(/^ /gmu, "");
}

/** The words of a command line: parts in single quotes are one word. */
export function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/gu)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}
