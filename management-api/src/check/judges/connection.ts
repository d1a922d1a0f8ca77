import { isRecord } from "../../contract/mapping/move.ts";
import { problemSchema } from "../../contract/schemas.ts";
import type { Observation, Seen } from "../seen.ts";
import { differs, holds, notTried } from "../verdict.ts";
import { inShort, isProblem, ofStep, shownKeys, each, slugOf, NO_KEYS, type Judge } from "./words.ts";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const SNAKE_CASE = /^[a-z0-9]+(_[a-z0-9]+)*$/;
/** What the client sends when nothing else is set. */
const PACE = 10;

/** The rules for the connection, and for what all answers have in common. */
export const CONNECTION = {
  tls: ({ baseUrl, failure }) => {
    if (failure?.kind === "untrusted-certificate") return differs("a trusted certificate", failure.reason);
    if (!baseUrl.startsWith("https:"))
      return notTried("the base URL is http, on this machine", "an https URL");
    return failure === undefined ? holds() : notTried("a request got no answer", "a connection");
  },
  "auth-header": ofStep("account", (answer) =>
    answer.status === 401 ? differs("an answer other than 401 to the token", inShort(answer)) : holds(),
  ),
  "invalid-token": ofStep("wrongToken", (answer) => isProblem(answer, 401, "invalid-token")),
  "problem-json": (seen) => {
    const problems = problemsOf(seen);
    return each(problems, isWellFormed, {
      expected: "application/problem+json with type, title, status and detail",
      seen: (wrong, all) =>
        `${wrong} of ${all} errors without it: ${problems
          .filter((one) => !isWellFormed(one))
          .map(shape)
          .join("; ")}`,
      none: notTried("no error was answered", "a request that the API refuses"),
    });
  },
  "validation-error": ofStep("badQuery", (answer) => {
    if (answer.status < 400)
      return notTried("the API accepts a limit of 0", "a request with another mistake");
    const verdict = isProblem(answer, 422, "validation-error");
    if (verdict.state !== "holds") return verdict;
    const errors = isRecord(answer.body) ? answer.body["errors"] : undefined;
    const lines =
      Array.isArray(errors) && errors.length > 0 && errors.every((line) => typeof line === "string");
    return lines ? holds() : differs("a list of texts in errors", "422 validation-error without it");
  }),
  "too-many-requests": ({ throttled: [answer] }) => {
    if (answer === undefined) return notTried("no limit was reached, and none is provoked", "a busy account");
    const verdict = isProblem(answer, 429, "too-many-requests");
    if (verdict.state !== "holds") return verdict;
    return answer.headers["retry-after"] === undefined
      ? holds()
      : differs("429 without Retry-After", "429 with Retry-After");
  },
  "rate-limit": (seen) => {
    const limits = answersOf(seen).flatMap(limitOf);
    return each(limits, (limit) => limit >= PACE, {
      expected: `at least ${PACE} requests a second`,
      seen: () => `a header that names a limit of ${Math.min(...limits)}`,
      none: notTried("no answer names a limit, and none is provoked", "the vendor's word"),
    });
  },
  "snake-case": (seen) => {
    const names = answersOf(seen).flatMap(({ body }) => fieldNames(body));
    return each(names, (name) => SNAKE_CASE.test(name), {
      expected: "names in snake_case",
      seen: (wrong, all) => `${wrong} of ${all} names in another case`,
      none: notTried("no answer had a body", "an answer with a body"),
    });
  },
  times: (seen) => {
    const times = shownKeys(seen).flatMap((key) =>
      ["created_at", "revoked_at"]
        .map((name) => key[name])
        .filter((time) => time !== null && time !== undefined),
    );
    return each(times, (time) => typeof time === "string" && TIME.test(time), {
      expected: "2026-01-02T03:04:05.678Z",
      seen: (wrong, all) => `${wrong} of ${all} times in another form`,
      none: NO_KEYS,
    });
  },
  "unknown-query": ofStep("unknownQuery", (answer) => {
    if (answer.status === 200) return holds("ignored");
    return answer.status >= 400 && answer.status < 500 && slugOf(answer) !== undefined
      ? holds(inShort(answer))
      : differs("200, or a problem", inShort(answer));
  }),
} satisfies Record<string, Judge>;

function answersOf({ steps, throttled }: Seen): readonly Observation[] {
  return [...Object.values(steps), ...throttled];
}

/** Errors of the management API, which a data plane elsewhere may have in another form. */
function problemsOf({ steps }: Seen): readonly Observation[] {
  const { works: _works, oldValue: _old, revokedValue: _revoked, ...management } = steps;
  return Object.values(management).filter(({ status }) => status >= 400 && status < 500);
}

function isWellFormed(answer: Observation): boolean {
  const parsed = problemSchema.safeParse(answer.body);
  return (
    answer.contentType === "application/problem+json" &&
    parsed.success &&
    parsed.data.status === answer.status &&
    slugOf(answer) !== undefined &&
    (parsed.data.detail !== undefined || parsed.data.errors !== undefined)
  );
}

function shape(answer: Observation): string {
  const missing = ["type", "title", "status", "detail"].filter(
    (name) => !isRecord(answer.body) || !(name in answer.body),
  );
  const lacks = missing.length === 0 ? "all members" : `without ${missing.join(", ")}`;
  return `${answer.status} as ${answer.contentType || "nothing"}, ${lacks}`;
}

function limitOf({ headers }: Observation): readonly number[] {
  const named = headers["ratelimit-limit"] ?? headers["x-ratelimit-limit"];
  const limit = Number.parseInt(String(named), 10);
  return Number.isFinite(limit) ? [limit] : [];
}

function fieldNames(body: unknown): readonly string[] {
  if (Array.isArray(body)) return body.flatMap(fieldNames);
  if (!isRecord(body)) return [];
  return Object.entries(body).flatMap(([name, value]) => [name, ...fieldNames(value)]);
}
