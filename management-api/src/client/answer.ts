import * as z from "zod";
import type { WireNames } from "../contract/mapping/wire-names.ts";
import { problemSchema, PROBLEM_TYPE_PREFIX, type WireProblem } from "../contract/schemas.ts";
import type { ManagementApiErrorKind } from "./errors.ts";
import type { ExchangeAnswer } from "./exchange.ts";

/** What an answer that is no success says. */
export interface AnswerFailure {
  readonly kind: ManagementApiErrorKind;
  readonly reason: string;
  /** Whether the API itself refused, by a documented 4xx: then nothing was changed. */
  readonly refused: boolean;
  readonly problemType?: string;
  readonly errors?: readonly string[];
}

/** The vendor's slugs with the statuses they come with; another status makes them a "problem" like any other. */
const KNOWN_PROBLEMS = new Map<string, { kind: ManagementApiErrorKind; statuses: readonly number[] }>([
  ["invalid-token", { kind: "invalid-token", statuses: [401] }],
  ["live-mode-disabled", { kind: "live-mode-disabled", statuses: [401, 403] }],
  ["live-mode-paused", { kind: "live-mode-paused", statuses: [402] }],
  ["forbidden", { kind: "forbidden", statuses: [403] }],
  ["not-found", { kind: "not-found", statuses: [404] }],
  ["test-key-exists", { kind: "test-key-exists", statuses: [409] }],
  ["validation-error", { kind: "validation-error", statuses: [422] }],
  ["too-many-requests", { kind: "too-many-requests", statuses: [429] }],
]);

/** The body as JSON, or `undefined` if it is not UTF-8 JSON of one of these content types. */
export function parseJson(answer: ExchangeAnswer, contentTypes: readonly string[]): unknown {
  const type = answer.contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (!contentTypes.includes(type)) return undefined;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(answer.body)) as unknown;
  } catch {
    return undefined;
  }
}

/** Reads an answer whose status is not 2xx. `redact` makes text of the other side fit for a message. */
export function readFailure(
  answer: ExchangeAnswer,
  redact: (text: string) => string,
  names: WireNames,
): AnswerFailure {
  const { status } = answer;
  if (status >= 300 && status < 400) {
    return { kind: "redirect", reason: `The answer is a redirect (${status}).`, refused: false };
  }
  const problem = vendorProblem(answer, names);
  if (problem === undefined) {
    return {
      kind: "http-status",
      reason: `The answer is ${status} without a problem of the API.`,
      refused: false,
    };
  }
  const slug = problem.type.slice(PROBLEM_TYPE_PREFIX.length);
  const known = KNOWN_PROBLEMS.get(slug);
  const errors = (problem.errors ?? []).map(redact);
  const text = [problem.title, problem.detail ?? "", ...errors.slice(0, 5)].filter((part) => part !== "");
  return {
    kind: known?.statuses.includes(status) ? known.kind : "problem",
    reason: `The API answered ${status} ${slug}: ${text.map((part) => redact(part).replace(/[.\s]+$/, "")).join("; ")}.`,
    // 408 says that the server gave up waiting, not that it did nothing.
    refused: status < 500 && status !== 408,
    problemType: problem.type,
    errors,
  };
}

function vendorProblem(answer: ExchangeAnswer, names: WireNames): WireProblem | undefined {
  const body = parseJson(answer, ["application/problem+json", "application/json"]);
  const parsed = problemSchema.safeParse(names.problem(body));
  if (!parsed.success || parsed.data.status !== answer.status) return undefined;
  const { type } = parsed.data;
  return type.startsWith(PROBLEM_TYPE_PREFIX) &&
    /^[a-z0-9-]{1,64}$/.test(type.slice(PROBLEM_TYPE_PREFIX.length))
    ? parsed.data
    : undefined;
}

/** Where an answer departs from its schema: names of fields and rules, never a value. */
export function schemaMismatch(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map(({ path, code }) => `${path.map(String).join(".") || "body"} (${code})`)
    .join(", ");
}
