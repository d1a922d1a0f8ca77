import { readFile } from "node:fs/promises";

/** The last lines of a log, indented, or a word on why there are none. */
export async function logTail(file: string, lines = 20): Promise<string> {
  try {
    const text = (await readFile(file, "utf8")).trimEnd();
    if (text === "") return "  (nothing was logged)";
    return text
      .split("\n")
      .slice(-lines)
      .map((line) => `  ${line.slice(0, 500)}`)
      .join("\n");
  } catch {
    return "  (there is no log)";
  }
}
