import { stripVTControlCharacters } from "node:util";

const GAP = "   ";

/** Lines of columns, as kubectl prints them: upper-case headers, and as wide as their widest cell. */
export function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headers, ...rows];
  const widths = headers.map((_, column) => Math.max(...lines.map((line) => width(line[column] ?? ""))));
  return lines.map((line) => `${joined(line, widths)}\n`).join("");
}

function joined(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - width(cell)));
  return padded.join(GAP).trimEnd();
}

/** Columns that a text takes on a terminal: colors take none. */
function width(text: string): number {
  return stripVTControlCharacters(text).length;
}
