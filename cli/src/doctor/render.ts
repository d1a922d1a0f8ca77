import type { Style } from "../output/style.ts";
import { CHECKS, counts, worst, type Finding, type FindingState } from "./finding.ts";

const MARKS: Readonly<Record<FindingState, string>> = {
  ok: "ok",
  warning: "warning",
  unknown: "unknown",
  problem: "problem",
};

/** As wide as the longest mark. */
const MARK_WIDTH = 7;

/** The report as a program reads it. */
export function reportOf(findings: readonly Finding[]) {
  return { result: worst(findings), counts: counts(findings), findings };
}

/** The report for people: each check with its findings, and what to do. */
export function render(findings: readonly Finding[], style: Style): string {
  const colors: Readonly<Record<FindingState, (text: string) => string>> = {
    ok: style.good,
    warning: style.warning,
    unknown: style.warning,
    problem: style.bad,
  };
  const lines = CHECKS.flatMap((check) => {
    const own = findings.filter((finding) => finding.check === check);
    return own.length === 0
      ? []
      : [style.strong(check), ...own.flatMap((finding) => linesOf(finding, colors, style))];
  });
  return `${[...lines, "", summary(findings)].join("\n")}\n`;
}

function linesOf(
  { state, what, where, remedy }: Finding,
  colors: Readonly<Record<FindingState, (text: string) => string>>,
  style: Style,
): readonly string[] {
  const mark = colors[state](MARKS[state].padEnd(MARK_WIDTH));
  const text = where === undefined ? what : `${where}: ${what}`;
  const indent = " ".repeat(MARK_WIDTH + 4);
  return [`  ${mark}  ${text}`, ...(remedy === undefined ? [] : [style.faint(`${indent}${remedy}`)])];
}

function summary(findings: readonly Finding[]): string {
  const { problem, unknown, warning, ok } = counts(findings);
  return `${problem} problems, ${unknown} unknown, ${warning} warnings, ${ok} ok`;
}
