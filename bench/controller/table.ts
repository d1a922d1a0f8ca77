import { reached, shown, shownNumber, type Figure, type Measured } from "./figures.ts";

function target({ target: wanted, unit }: Figure): string {
  if (wanted === undefined) return "";
  return wanted.is === "at most" ? `≤ ${shown(wanted.value, unit)}` : `≥ ${shown(wanted.value, unit)}`;
}

function verdict(figure: Figure): string {
  const is = reached(figure);
  if (is === undefined) return "";
  return is ? "reached" : "**missed**";
}

function value(figure: Figure): string {
  const { samples = [], unit, note } = figure;
  const details = [
    ...(samples.length > 1 ? [samples.map((sample) => shownNumber(sample)).join(", ")] : []),
    ...(note === undefined ? [] : [note]),
  ].join("; ");
  return details === "" ? shown(figure.value, unit) : `${shown(figure.value, unit)} (${details})`;
}

/** A line for a person at a terminal. @param scale of the run: below 1, the line says so. */
export function line(scenario: string, figure: Figure, scale: number): string {
  const smaller = scale === 1 ? "" : ` [scale ${scale}]`;
  const wanted =
    figure.target === undefined ? "" : `; target ${target(figure)}: ${verdict(figure).replaceAll("*", "")}`;
  return `${scenario}${smaller}: ${figure.name}: ${value(figure)}${wanted}`;
}

/** The table of a page. */
export function markdownTable(measured: readonly Measured[]): string {
  const rows = measured.flatMap(({ scenario, figures }) =>
    figures.map((figure, index) => [
      index === 0 ? `\`${scenario}\`` : "",
      figure.name,
      value(figure),
      target(figure),
      verdict(figure),
    ]),
  );
  return [["Scenario", "Figure", "Measured", "Target", ""], ["---", "---", "---", "---", "---"], ...rows]
    .map((cells) =>
      `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`.replaceAll(/\|  (?=\|)/g, "| "),
    )
    .join("\n");
}
