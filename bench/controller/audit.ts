import { open } from "node:fs/promises";
import * as z from "zod";

/** A request that the API server has answered, as its audit log has it. */
export interface AuditedRequest {
  readonly user: string;
  readonly verb: string;
  /** Plural, with the subresource: `apikeys/status`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly dryRun: boolean;
  /** The HTTP status. */
  readonly code: number;
  /** When it came in and when it was answered, in milliseconds of the wall clock, with fractions. */
  readonly from: number;
  readonly to: number;
}

const eventSchema = z.object({
  user: z.object({ username: z.string().default("") }).default({ username: "" }),
  verb: z.string(),
  requestURI: z.string(),
  objectRef: z
    .object({
      resource: z.string().default(""),
      subresource: z.string().optional(),
      namespace: z.string().default(""),
      name: z.string().default(""),
    })
    .default({ resource: "", namespace: "", name: "" }),
  responseStatus: z.object({ code: z.number().default(0) }).default({ code: 0 }),
  requestReceivedTimestamp: z.string(),
  stageTimestamp: z.string(),
});

const MICROSECONDS = /\.(\d{3})(\d*)Z$/;

/** Milliseconds with fractions: `Date.parse` drops what is smaller. */
function milliseconds(timestamp: string): number {
  const rest = MICROSECONDS.exec(timestamp)?.[2] ?? "";
  return Date.parse(timestamp) + (rest === "" ? 0 : Number(`0.${rest}`));
}

/** Reads one line of an audit log. @throws SyntaxError, ZodError where it is not an event. */
export function parseAuditLine(line: string): AuditedRequest {
  const event = eventSchema.parse(JSON.parse(line));
  const { resource, subresource, namespace, name } = event.objectRef;
  return {
    user: event.user.username,
    verb: event.verb,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name,
    dryRun: /[?&]dryRun=/.test(event.requestURI),
    code: event.responseStatus.code,
    from: milliseconds(event.requestReceivedTimestamp),
    to: milliseconds(event.stageTimestamp),
  };
}

const READING = new Set(["get", "list", "watch"]);

/** Whether a request may change something; a dry run counts, since it costs the same. */
export function mutates({ verb }: AuditedRequest): boolean {
  return !READING.has(verb);
}

/** How many requests there are of each kind, such as `create secrets` or `dry run of create secrets`, most first. */
export function countByKind(requests: readonly AuditedRequest[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { verb, resource, dryRun } of requests) {
    const kind = `${dryRun ? "dry run of " : ""}${verb} ${resource}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return new Map([...counts].toSorted(([, a], [, b]) => b - a));
}

/** Seconds from the first request to the last answer; NaN where there is none. */
export function spanOf(requests: readonly Pick<AuditedRequest, "from" | "to">[]): number {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const request of requests) {
    from = Math.min(from, request.from);
    to = Math.max(to, request.to);
  }
  return requests.length === 0 ? Number.NaN : (to - from) / 1_000;
}

const CHUNK_BYTES = 1024 * 1024;

/** Reads what an API server appends to its audit log, piece by piece. */
export class AuditLog {
  readonly #file: string;
  #offset = 0;
  #rest = "";

  constructor(file: string) {
    this.#file = file;
  }

  /** What these users have requested since the last call, in the order of the answers. What others have is skipped. */
  async read(...users: readonly string[]): Promise<readonly AuditedRequest[]> {
    const found: AuditedRequest[] = [];
    const marks = users.map((user) => `"username":${JSON.stringify(user)}`);
    await using handle = await open(this.#file);
    const decoder = new TextDecoder();
    const buffer = Buffer.alloc(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, this.#offset);
      if (bytesRead === 0) return found;
      this.#offset += bytesRead;
      const lines = (this.#rest + decoder.decode(buffer.subarray(0, bytesRead), { stream: true })).split(
        "\n",
      );
      this.#rest = lines.pop() ?? "";
      for (const line of lines)
        if (marks.some((mark) => line.includes(mark))) found.push(parseAuditLine(line));
    }
  }
}
