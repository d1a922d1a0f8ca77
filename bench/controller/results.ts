import type { Environment } from "./environment.ts";
import type { Measured } from "./figures.ts";
import { markdownTable } from "./table.ts";

const BEGIN = "<!-- Written by `npm run bench`: begin -->";
const END = "<!-- Written by `npm run bench`: end -->";

/** What is written about a run. */
export interface Report {
  readonly environment: Environment;
  readonly scale: number;
  readonly measured: readonly Measured[];
  /** The files of the plots, relative to the page. */
  readonly plots: readonly { readonly file: string; readonly title: string }[];
}

/** A table, since a line of it may be long. */
function environmentTable({ command, date, cores, processor, load, ...versions }: Environment): string {
  const { node, apiServer, etcd } = versions;
  return [
    "| Command | Date | Cores | Load average at the start | Node | kube-apiserver | etcd |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    `| \`${command}\` | ${date} | ${cores}, ${processor} | ${load.toFixed(1)} | ${node} | ${apiServer} | ${etcd} |`,
  ].join("\n");
}

/** The generated part of a page. */
export function generatedPart({ environment, scale, measured, plots }: Report): string {
  const smaller =
    scale === 1
      ? []
      : [`The counts of the scenarios were multiplied by ${scale}: the targets are for 1.`, ``];
  return [
    environmentTable(environment),
    ``,
    ...smaller,
    markdownTable(measured),
    ...plots.flatMap(({ file, title }) => [``, `![${title}](${file})`]),
  ].join("\n");
}

/**
 * Replaces the generated part of a page, and leaves the rest as it is.
 *
 * @throws Error where the page has no place for it.
 */
export function withGenerated(page: string, part: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin === -1 || end < begin)
    throw new Error(
      `bench/RESULTS.md needs the lines "${BEGIN}" and "${END}": write them where the table belongs`,
    );
  return `${page.slice(0, begin + BEGIN.length)}\n\n${part}\n\n${page.slice(end)}`;
}
