import * as z from "zod";
import type { Facts, IsolatedKey } from "./isolated-key.ts";
import { noticeSchema } from "./protocol.ts";

const lineSchema = z.looseObject({ level: z.string(), msg: z.string() });
const OMITTED: ReadonlySet<string> = new Set(["step taken", "caches are filled"]);

/** What a failed row shows: what was done, step by step, and what can be seen. Never a value. */
export function report(key: IsolatedKey, title: string, facts: Facts, violations: readonly string[]): string {
  const { apiKey, status, secret, keys } = facts;
  const handMade = new Set(key.handMade.map(({ id }) => id));
  const rows = keys.map(
    ({ id, status: state, description }) =>
      `  ${id} ${state}${handMade.has(id) ? " (made by hand)" : ""} ${description}`,
  );
  return [
    `${title} (${key.namespace})`,
    ...violations.map((violation) => `  VIOLATION ${violation}`),
    ...key.controllers.flatMap(({ name, lines }) => [`controller ${name}:`, ...timeline(lines)]),
    "keys in the vendor account, newest first:",
    ...rows,
    `the ApiKey: ${apiKey === undefined ? "absent" : JSON.stringify({ deleting: apiKey.metadata.deletionTimestamp, ...status }, undefined, 1)}`,
    `the Secret: ${secret === undefined ? "absent" : JSON.stringify(secret.metadata.annotations, undefined, 1)}`,
  ].join("\n");
}

/** The steps, and besides them what the log says that is no step. */
function timeline(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => {
    const text = describe(line);
    return text === undefined ? [] : [`  ${text}`];
  });
}

function describe(line: string): string | undefined {
  if (!line.startsWith("{")) return line;
  const parsed: unknown = JSON.parse(line);
  const notice = noticeSchema.safeParse(parsed);
  if (notice.success) {
    if (notice.data.crashTest === "set") return "-- traps are set --";
    if (notice.data.crashTest === "after") return undefined;
    const { crashTest, step, at } = notice.data;
    return `${new Date(at).toISOString().slice(17)} ${crashTest === "before" ? step : `${crashTest.toUpperCase()} at ${step}`}`;
  }
  const {
    level,
    msg,
    time: _time,
    kind: _kind,
    namespace: _namespace,
    name: _name,
    ...rest
  } = lineSchema.parse(parsed);
  return OMITTED.has(msg) ? undefined : `         ${level} ${msg} ${JSON.stringify(rest)}`;
}
