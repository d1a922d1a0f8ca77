import * as z from "zod";
import type { WireAnswer } from "./exchange.ts";
import { KubeError, type Effect, type KubeErrorKind, type RequestTarget } from "./kube-error.ts";

const causeSchema = z.looseObject({
  reason: z.string().optional(),
  message: z.string().optional(),
  field: z.string().optional(),
});

/** `metav1.Status` of a failure. */
export const failureStatusSchema = z.looseObject({
  kind: z.literal("Status"),
  status: z.literal("Failure").optional(),
  message: z.string().optional(),
  reason: z.string().optional(),
  code: z.number().optional(),
  details: z
    .looseObject({
      name: z.string().optional(),
      kind: z.string().optional(),
      causes: z.array(causeSchema).nullish(),
      retryAfterSeconds: z.number().optional(),
    })
    .nullish(),
});
export type FailureStatus = z.infer<typeof failureStatusSchema>;

/** Says what an answer other than 2xx means; `mutating` is false for reads and dry runs. */
export function errorFromAnswer(
  answer: WireAnswer,
  target: RequestTarget,
  mutating: boolean,
  redact: (text: string) => string,
): KubeError {
  const status = parseStatus(answer.body);
  const retryAfterSeconds = retryAfter(answer, status);
  const base = {
    ...target,
    status: answer.status,
    retryAfterSeconds,
    effect: effectOf(answer, status, mutating),
  };
  if (status === undefined) {
    // Not the API server's own words: a proxy's page or a missing API group. Only kinds that promise nothing.
    const kind = kindWithoutStatus(answer.status);
    return new KubeError({ ...base, kind, message: "the answer is not a Kubernetes Status" });
  }
  return new KubeError({ ...base, ...fieldsOf(status, answer.status, redact) });
}

/** Says what a Status means that arrived as an ERROR event of a watch. */
export function errorFromStatus(status: FailureStatus, target: RequestTarget): KubeError {
  const code = status.code ?? 500;
  const retryAfterSeconds = status.details?.retryAfterSeconds;
  return new KubeError({
    ...target,
    status: code,
    effect: "none",
    retryAfterSeconds,
    ...fieldsOf(status, code, (t) => t),
  });
}

function fieldsOf(status: FailureStatus, code: number, redact: (text: string) => string) {
  const { details } = status;
  return {
    kind: kindOf(code, status.reason),
    message: redact(status.message ?? status.reason ?? "no message"),
    reason: status.reason,
    causes: (details?.causes ?? []).map(({ reason, message, field }) => ({
      reason,
      field,
      message: message === undefined ? undefined : redact(message),
    })),
    about: details === undefined || details === null ? undefined : { kind: details.kind, name: details.name },
  };
}

function parseStatus(body: string): FailureStatus | undefined {
  try {
    return failureStatusSchema.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

function kindOf(code: number, reason: string | undefined): KubeErrorKind {
  if (code === 409) return reason === "AlreadyExists" ? "already-exists" : "conflict";
  if (reason === "Expired" || reason === "Gone") return "gone";
  const kinds: Record<number, KubeErrorKind> = {
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    410: "gone",
    422: "invalid",
  };
  return kinds[code] ?? kindWithoutStatus(code);
}

function kindWithoutStatus(code: number): KubeErrorKind {
  if (code === 401) return "unauthorized";
  if (code === 429) return "too-many-requests";
  if (code === 503) return "unavailable";
  return code >= 500 ? "server-error" : "api-status";
}

/** Only the API server's own 4xx is a promise that nothing happened; a 408 or a proxy's 4xx is none. */
function effectOf(answer: WireAnswer, status: FailureStatus | undefined, mutating: boolean): Effect {
  if (!mutating) return "none";
  const { status: code } = answer;
  const refused = code >= 400 && code < 500 && code !== 408;
  if (refused && status !== undefined) return "none";
  // Priority and fairness, and the limit of requests in flight, refuse in plain text before anything is executed.
  return code === 429 && answer.headers["retry-after"] !== undefined ? "none" : "unknown";
}

function retryAfter(answer: WireAnswer, status: FailureStatus | undefined): number | undefined {
  const header = answer.headers["retry-after"];
  const seconds = typeof header === "string" ? Number.parseInt(header, 10) : Number.NaN;
  return Number.isNaN(seconds) ? status?.details?.retryAfterSeconds : seconds;
}
