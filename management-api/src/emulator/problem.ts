import { PROBLEM_TYPE_PREFIX } from "../contract/schemas.ts";

/** An answer before it is written: what faults can still change. */
export interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  /** Sent as JSON; `undefined` sends no body. */
  readonly body?: unknown;
}

/** The problems of the contract: slug, status, title. */
const PROBLEMS = {
  "invalid-token": [401, "Invalid token"],
  "invalid-api-key": [401, "Invalid API key"],
  "live-mode-paused": [402, "Live mode paused"],
  // Before live-mode-disabled: it is what a fault with the status 403 alone means.
  forbidden: [403, "Forbidden"],
  "live-mode-disabled": [403, "Live mode disabled"],
  "not-found": [404, "Not found"],
  "method-not-allowed": [405, "Method not allowed"],
  "test-key-exists": [409, "Test key exists"],
  "request-too-large": [413, "Request too large"],
  "validation-error": [422, "Validation error"],
  "too-many-requests": [429, "Too many requests"],
  "internal-error": [500, "Internal error"],
  "service-unavailable": [503, "Service unavailable"],
} as const;

export type ProblemSlug = keyof typeof PROBLEMS;

/** Thrown by an operation to answer with a problem. */
export class Problem extends Error {
  readonly answer: Answer;

  constructor(slug: ProblemSlug, detail: string, headers: Record<string, string> = {}) {
    super(detail);
    this.answer = problem(slug, { detail }, headers);
  }
}

/** A validation error: no `detail`, one line per mistake. */
export class ValidationProblem extends Error {
  readonly answer: Answer;

  constructor(errors: readonly string[]) {
    super(errors.join("; "));
    this.answer = problem("validation-error", { errors });
  }
}

export function problem(slug: ProblemSlug, members: object, headers: Record<string, string> = {}): Answer {
  const [status, title] = PROBLEMS[slug];
  return problemAnswer(status, slug, title, members, headers);
}

/** A problem of any status, for faults. */
export function problemOfStatus(status: number): Answer {
  const slug = Object.entries(PROBLEMS).find(([, [known]]) => known === status)?.[0] ?? `status-${status}`;
  return problemAnswer(status, slug, slug.replaceAll("-", " "), { detail: "A fault of the emulator." }, {});
}

function problemAnswer(
  status: number,
  slug: string,
  title: string,
  members: object,
  headers: Record<string, string>,
): Answer {
  return {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
    body: { type: PROBLEM_TYPE_PREFIX + slug, title, status, ...members },
  };
}
