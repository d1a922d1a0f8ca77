import * as semver from "semver";

/** The kinds of changes of Keep a Changelog, in its order. */
const KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];

const UNRELEASED = "[Unreleased]";
/** `[0.2.0] - 2026-11-28`. */
const RELEASED = /^\[([^\]]+)\] - (\d{4}-\d{2}-\d{2})( \[YANKED\])?$/;

interface Section {
  /** What stands behind `## `. */
  readonly heading: string;
  readonly line: number;
  readonly lines: readonly string[];
}

function sectionsOf(text: string): readonly Section[] {
  const lines = text.split("\n");
  const starts = lines.flatMap((line, index) => (line.startsWith("## ") ? [index] : []));
  return starts.map((start, i) => ({
    heading: (lines[start] ?? "").slice(3),
    line: start + 1,
    lines: lines.slice(start + 1, starts[i + 1] ?? lines.length),
  }));
}

/**
 * Says where a changelog differs from the format of Keep a Changelog: the section `[Unreleased]` first, then versions from
 * the newest to the oldest with the day of their release, and in each the kinds of changes, in order, as lists.
 *
 * @returns one sentence for each problem, with its line; none where the format is right.
 */
export function changelogProblems(text: string): readonly string[] {
  const sections = sectionsOf(text);
  const problems: string[] = [];
  if (!text.startsWith("# Changelog\n")) problems.push("line 1: the title must be # Changelog");
  if (sections[0]?.heading !== UNRELEASED) problems.push(`the first section must be ## ${UNRELEASED}`);
  let newer: { version: string; date: string } | undefined;
  for (const { heading, line, lines } of sections.slice(1)) {
    const [, version = "", date = ""] = RELEASED.exec(heading) ?? [];
    if (semver.valid(version) !== version || !isDay(date)) {
      problems.push(`line ${line}: "${heading}" is not such as [0.2.0] - 2026-11-28`);
      continue;
    }
    if (newer !== undefined && !semver.lt(version, newer.version))
      problems.push(`line ${line}: ${version} stands below ${newer.version}, and is not older`);
    if (newer !== undefined && date > newer.date)
      problems.push(`line ${line}: ${version} has a later day than ${newer.version}`);
    newer = { version, date };
    if (entriesOf(lines) === 0) problems.push(`line ${line}: ${version} has no entry`);
  }
  return [...problems, ...sections.flatMap((section) => kindProblems(section))];
}

function kindProblems({ line, lines }: Section): readonly string[] {
  const problems: string[] = [];
  let last = -1;
  let kind: string | undefined;
  for (const [index, text] of lines.entries()) {
    const at = line + 1 + index;
    if (text.startsWith("### ")) {
      kind = text.slice(4);
      const order = KINDS.indexOf(kind);
      if (order < 0) problems.push(`line ${at}: "${kind}" is none of ${KINDS.join(", ")}`);
      else if (order <= last)
        problems.push(`line ${at}: "${kind}" is twice, or not in the order ${KINDS.join(", ")}`);
      last = Math.max(last, order);
      if (entriesOf(untilHeading(lines.slice(index + 1))) === 0)
        problems.push(`line ${at}: "${kind}" has no entry`);
    } else if (text.startsWith("- ") && kind === undefined) {
      problems.push(`line ${at}: an entry before the first kind of change`);
    } else if (text !== "" && !/^(- |\s)/.test(text)) {
      problems.push(
        `line ${at}: no entry of a list: entries begin with "- ", and their other lines with spaces`,
      );
    }
  }
  return problems;
}

function untilHeading(lines: readonly string[]): readonly string[] {
  const end = lines.findIndex((line) => line.startsWith("### "));
  return end < 0 ? lines : lines.slice(0, end);
}

function entriesOf(lines: readonly string[]): number {
  return lines.filter((line) => line.startsWith("- ")).length;
}

/** Whether a day exists, such as 2026-02-28, and not 2026-02-30. */
function isDay(date: string): boolean {
  const time = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}

/** Whether the section `[Unreleased]` has no entry: then there is nothing to release. */
export function nothingUnreleased(text: string): boolean {
  return entriesOf(sectionsOf(text).find(({ heading }) => heading === UNRELEASED)?.lines ?? []) === 0;
}

/**
 * The changelog after a release: what was unreleased belongs to the version, and a new, empty section is above it.
 *
 * @param date such as `2026-11-28`.
 */
export function releaseChangelog(text: string, version: string, date: string): string {
  return text.replace(`## ${UNRELEASED}\n`, `## ${UNRELEASED}\n\n## [${version}] - ${date}\n`);
}
