import { readFile } from "node:fs/promises";

/** How a Go program says why it ends; hundreds of lines about its threads follow. */
const CRASH = /^(?:panic|fatal error): /;
const CRASH_LINES = 12;

/** The last lines of a log, indented, after the reason of a crash if there is one; or a word on why there are none. */
export async function logTail(file: string, lines = 20): Promise<string> {
  try {
    const text = (await readFile(file, "utf8")).trimEnd();
    return text === "" ? "  (nothing was logged)" : tailOf(text.split("\n"), lines);
  } catch {
    return "  (there is no log)";
  }
}

function tailOf(log: readonly string[], lines: number): string {
  const begin = Math.max(0, log.length - lines);
  const crash = log.findIndex((line) => CRASH.test(line));
  const reason = crash < 0 ? [] : log.slice(crash, Math.min(crash + CRASH_LINES, begin));
  return [...reason, ...(reason.length === 0 ? [] : ["…"]), ...log.slice(begin)]
    .map((line) => `  ${line.slice(0, 500)}`)
    .join("\n");
}
