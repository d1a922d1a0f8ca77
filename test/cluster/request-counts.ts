/**
 * One row of `apiserver_request_total`: how often the API server has answered such a request since its start.
 * `dryRun` is "All" for dry runs and "" otherwise; `verb` is in capitals (GET, LIST, WATCH, POST, PUT, PATCH, APPLY, DELETE, …).
 * The API server's own requests to itself are counted too (leases, namespaces, flow control).
 */
export interface RequestCount {
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly scope: string;
  readonly code: string;
  readonly dryRun: string;
  readonly value: number;
}

const SAMPLE = /^apiserver_request_total\{(?<labels>.*)\} (?<value>\S+)$/;
const LABEL = /(?<name>[a-zA-Z_]\w*)="(?<value>(?:[^"\\]|\\.)*)"/g;

/** Reads the rows of `apiserver_request_total` out of the text of /metrics (Prometheus text format). */
export function parseRequestCounts(metrics: string): RequestCount[] {
  return metrics.split("\n").flatMap((line) => {
    const sample = SAMPLE.exec(line)?.groups;
    if (sample === undefined) return [];
    const labels = new Map<string, string>();
    for (const { groups } of (sample["labels"] ?? "").matchAll(LABEL)) {
      labels.set(groups?.["name"] ?? "", groups?.["value"] ?? "");
    }
    const label = (name: string): string => labels.get(name) ?? "";
    return {
      verb: label("verb"),
      group: label("group"),
      version: label("version"),
      resource: label("resource"),
      subresource: label("subresource"),
      scope: label("scope"),
      code: label("code"),
      dryRun: label("dry_run"),
      value: Number(sample["value"]),
    };
  });
}

const identity = (row: RequestCount): string => JSON.stringify({ ...row, value: 0 });

/** The rows that grew between two readings of one API server process, each with how much. */
export function requestCountsSince(
  before: readonly RequestCount[],
  after: readonly RequestCount[],
): RequestCount[] {
  const earlier = new Map(before.map((row) => [identity(row), row.value]));
  return after
    .map((row) => ({ ...row, value: row.value - (earlier.get(identity(row)) ?? 0) }))
    .filter((row) => row.value > 0);
}
