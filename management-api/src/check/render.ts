import type { ContractMapping } from "../contract/mapping/schema.ts";
import type { CheckResult } from "./run.ts";
import type { Verdict } from "./verdict.ts";

/** What a run was asked for, for its report. */
export interface CheckedWith {
  readonly baseUrl: string;
  readonly contract: ContractMapping | undefined;
  readonly createTestKey: boolean;
  /** When it ended. */
  readonly at: Date;
}

const VENDOR = "https://api.signatureapi.com/";
const GAP = "  ";

/** The result as a table for people, with what there is to do below it. */
export function asTable(result: CheckResult): string {
  const lines = result.rows.map(({ row, verdict }) => [row.id, verdict.state, detailOf(verdict)] as const);
  const widths = [0, 1].map((column) =>
    Math.max(...[HEAD, ...lines].map((line) => (line[column] ?? "").length)),
  );
  const table = [HEAD, ...lines].map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
  return `${table.join("\n")}\n\n${summaryOf(result)}\n`;
}

const HEAD = ["ROW", "STATE", "DETAIL"] as const;

function detailOf(verdict: Verdict): string {
  if (verdict.state === "holds") return verdict.seen ?? "";
  if (verdict.state === "differs") return `expected ${verdict.expected}; seen ${verdict.seen}`;
  return `${verdict.why}; would try it: ${verdict.would}`;
}

/** The counts of a result. */
export function countsOf({ rows }: CheckResult): Readonly<Record<Verdict["state"], number>> {
  const count = (state: Verdict["state"]) => rows.filter(({ verdict }) => verdict.state === state).length;
  return { holds: count("holds"), differs: count("differs"), "not tried": count("not tried") };
}

function summaryOf(result: CheckResult): string {
  const counts = countsOf(result);
  const line = `${counts.holds} hold, ${counts.differs} differ, ${counts["not tried"]} not tried.`;
  const ends = {
    completed: "",
    interrupted: "The check was stopped before its end.",
    unreachable: `The API did not answer: ${result.failure ?? ""} Check the base URL, the network and the certificate.`,
    refused:
      "The API refused the token, or the way in which it is sent. Check the token. If the API expects another header or scheme, map it with --contract.",
  };
  return [line, ends[result.end]].filter((part) => part !== "").join("\n");
}

/** What is left in the account, and what to do about it. Here, and only here, IDs are shown: the run's own. */
export function leftText({ left }: CheckResult, marker: string): string {
  const keys = left.ids.map(
    (id) =>
      `The test key ${id}, which this check created, could not be revoked. Revoke it in the dashboard, or with DELETE /api-keys/${id}.`,
  );
  const unclear = left.unclear
    ? [
        `A create had no clear answer, and no key of it was found. Look in the dashboard for a test key whose description contains ${marker}, and revoke it.`,
      ]
    : [];
  return [...keys, ...unclear].map((line) => `${line}\n`).join("");
}

/** The result as JSON, and the report that can be sent to the project: nothing in it belongs to the account. */
export function asReport(result: CheckResult, checked: CheckedWith): object {
  return {
    tool: "signatureapi-management check",
    at: checked.at.toISOString(),
    baseUrl: checked.baseUrl.startsWith(VENDOR) ? checked.baseUrl : "[another base URL]",
    contract: checked.contract ?? null,
    createTestKey: checked.createTestKey,
    end: result.end,
    failure: result.failure === undefined ? null : result.redact(result.failure),
    keysLeft: result.left.ids.length + (result.left.unclear ? 1 : 0),
    counts: countsOf(result),
    rows: result.rows.map(({ row, verdict }) => ({ id: row.id, basis: row.basis, ...verdict })),
  };
}
