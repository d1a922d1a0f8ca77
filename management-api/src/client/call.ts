import type * as z from "zod";
import type { ManagementToken } from "../management-token.ts";
import type { WireNames } from "../contract/mapping/wire-names.ts";
import { parseJson, readFailure, schemaMismatch } from "./answer.ts";
import { writeCredential, type Authentication } from "./credential.ts";
import { sleep, type Clock } from "./clock.ts";
import { ManagementApiError, type Effect, type ManagementApiErrorDetails, type Operation } from "./errors.ts";
import { exchange, ExchangeFailure, type ExchangeAnswer, type ExchangeRequest } from "./exchange.ts";
import type { Priority, RequestLimiter } from "./rate-limiter.ts";
import type { Route } from "./route.ts";

/** What every operation takes. */
export interface CallOptions {
  /** Cancels the call; what was sent may still take effect. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Gives up the wait for the rate limiter and for a connection, and nothing else: a request that is on its way is not
   * touched. For calls that must be sent by a certain time, or not at all.
   */
  readonly waitSignal?: AbortSignal | undefined;
  /** Default `foreground`. */
  readonly priority?: Priority | undefined;
}

/** One HTTP request as metrics see it. */
export interface RequestInfo {
  readonly operation: Operation;
  /** The HTTP status, or the kind of the error if there was no complete answer. */
  readonly code: string;
  readonly durationSeconds: number;
}

/** What the calls of one client share. */
export interface CallContext {
  /** Scheme, host and port of the server. */
  readonly origin: string;
  readonly route: Route;
  readonly token: () => ManagementToken;
  readonly authentication: Authentication;
  /** What the API calls the things of the contract. */
  readonly names: WireNames;
  readonly limiter: RequestLimiter;
  readonly requestMs: number;
  readonly retries: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly userAgent: string;
  readonly onRequest: (info: RequestInfo) => void;
}

/** A call of the contract. */
export interface Call<Schema extends z.ZodType> {
  readonly operation: Operation;
  /** The object's ID, for messages. */
  readonly apiKeyId?: string;
  readonly method: ExchangeRequest["method"];
  readonly path: string;
  readonly body?: object;
  readonly idempotencyKey?: string | undefined;
  /** Create and roll: sent once, whatever happens. */
  readonly once?: boolean;
  /** The documented statuses of success. */
  readonly statuses: readonly number[];
  /** What the body of a success must be; `undefined` for none. */
  readonly answer: Schema;
  /** Hears how many bytes the body of a success has. */
  readonly received?: (bytes: number) => void;
  /** Finds the ID in the body of a success that does not fit the schema. */
  readonly salvageId?: (body: unknown) => string | undefined;
}

const MAX_ANSWER_BYTES = 1024 * 1024;
const FIRST_RETRY_MS = 1_000;
/** Spreads the retries of many clients; the documented delay is the shortest. */
const JITTER = 0.1;

/**
 * Sends a call: waits for the rate limiter, and repeats what is idempotent on 429, 5xx, time-outs and dropped
 * connections after 1 s, doubling (vendor's documentation).
 * @throws ManagementApiError
 */
export async function send<Schema extends z.ZodType>(
  context: CallContext,
  call: Call<Schema>,
  options: CallOptions,
): Promise<z.infer<Schema>> {
  let effect: Effect = "none";
  for (let retry = 0; ; retry += 1) {
    try {
      return await sendOnce(context, call, options, effect);
    } catch (error) {
      if (!(error instanceof ManagementApiError)) throw error;
      if (call.once === true || retry >= context.retries || !error.transient) throw error;
      ({ effect } = error);
    }
    const delay = FIRST_RETRY_MS * 2 ** retry * (1 + JITTER * context.random());
    await sleep(context.clock, delay, options.signal).catch(() => {
      throw aborted(call, effect);
    });
  }
}

/** `effectSoFar` is what earlier tries may have done: a try that failed cleanly does not undo it. */
async function sendOnce<Schema extends z.ZodType>(
  context: CallContext,
  call: Call<Schema>,
  options: CallOptions,
  effectSoFar: Effect,
): Promise<z.infer<Schema>> {
  const { limiter } = context;
  const { signal, waitSignal, priority } = options;
  const either = signal && waitSignal ? AbortSignal.any([signal, waitSignal]) : (signal ?? waitSignal);
  await limiter.acquire({ priority, signal: either }).catch(() => {
    throw aborted(call, effectSoFar);
  });
  const credential = writeCredential(currentToken(context, call, effectSoFar), context.authentication);
  const fail: Fail = (details, harmless) =>
    new ManagementApiError({
      ...details,
      operation: call.operation,
      reason: label(call, details.reason),
      effect: call.method !== "GET" && !harmless ? "unknown" : effectSoFar,
    });
  const answer = await receive(context, call, toRequest(context, call, credential), options, fail);
  const { status } = answer;
  if (status === 429) limiter.reportTooManyRequests();
  else limiter.reportAccepted();
  if (status < 200 || status >= 300) {
    const { refused, ...failure } = readFailure(answer, credential.redact, context.names);
    throw fail({ ...failure, status, transient: status === 429 || status >= 500 }, refused);
  }
  call.received?.(answer.body.length);
  const read = readSuccess(context.names, call, answer, (reason, apiKeyId) =>
    fail({ kind: "malformed-answer", reason, status, apiKeyId }, false),
  );
  const other = otherKey(call, read);
  if (other === undefined) return read;
  const reason = `The answer is about another key, ${credential.redact(other)}.`;
  throw fail({ kind: "wrong-key", reason, status }, false);
}

/** The ID in an answer to a call about one key, where it is not that key's: a proxy may mix up answers. */
function otherKey({ apiKeyId }: Call<z.ZodType>, read: unknown): string | undefined {
  if (apiKeyId === undefined || typeof read !== "object" || read === null || !("id" in read))
    return undefined;
  return read.id === apiKeyId ? undefined : String(read.id);
}

/** Makes the error of a try. `harmless`: this try surely had no effect. */
type Fail = (
  details: Omit<ManagementApiErrorDetails, "operation" | "effect">,
  harmless: boolean,
) => ManagementApiError;

/** Sends the request, waits for the answer and reports both to the metrics. */
async function receive(
  context: CallContext,
  call: Call<z.ZodType>,
  request: ExchangeRequest,
  { signal, waitSignal }: CallOptions,
  fail: Fail,
): Promise<ExchangeAnswer> {
  const { route, requestMs, clock, onRequest } = context;
  const started = clock.now();
  const report = (code: string) => {
    try {
      onRequest({ operation: call.operation, code, durationSeconds: (clock.now() - started) / 1_000 });
    } catch {
      // Metrics that fail must not cost the value that the answer holds.
    }
  };
  try {
    const answer = await exchange(route.dispatcher, request, {
      requestMs,
      explain: route.explain,
      maxBytes: MAX_ANSWER_BYTES,
      clock,
      signal,
      waitSignal,
    });
    report(String(answer.status));
    return answer;
  } catch (error) {
    if (!(error instanceof ExchangeFailure)) throw error;
    report(error.kind);
    const { kind, message, status, transient } = error;
    throw fail({ kind, reason: message, status, transient }, !error.sent);
  }
}

/** The source of the token may fail (a deleted Secret); what it says is not repeated, since it may quote the token. */
function currentToken(context: CallContext, call: Call<z.ZodType>, effect: Effect): ManagementToken {
  try {
    return context.token();
  } catch {
    const reason = label(call, "The management token cannot be read. Nothing was sent.");
    throw new ManagementApiError({ kind: "invalid-token", operation: call.operation, effect, reason });
  }
}

function readSuccess<Schema extends z.ZodType>(
  names: WireNames,
  call: Call<Schema>,
  answer: ExchangeAnswer,
  malformed: (reason: string, apiKeyId?: string) => ManagementApiError,
): z.infer<Schema> {
  if (!call.statuses.includes(answer.status)) {
    throw malformed(`The answer has the status ${answer.status}, which the contract does not know here.`);
  }
  // 204 has no body, and a reader of it takes anything.
  const body =
    answer.status === 204 ? undefined : names.answer(call.operation, parseJson(answer, ["application/json"]));
  const parsed = call.answer.safeParse(body);
  if (parsed.success) return parsed.data;
  const reason =
    body === undefined
      ? `The answer ${answer.status} is not JSON.`
      : `The answer ${answer.status} does not follow the contract: ${schemaMismatch(parsed.error)}.`;
  throw malformed(reason, call.salvageId?.(body));
}

function toRequest(
  context: CallContext,
  call: Call<z.ZodType>,
  credential: { header: string; value: string },
): ExchangeRequest {
  const headers: Record<string, string> = {
    accept: "application/json, application/problem+json",
    "user-agent": context.userAgent,
    [credential.header]: credential.value,
  };
  if (call.body !== undefined) headers["content-type"] = "application/json";
  if (call.idempotencyKey !== undefined) headers["idempotency-key"] = call.idempotencyKey;
  const body =
    call.body === undefined ? undefined : JSON.stringify(context.names.request(call.operation, call.body));
  return { method: call.method, origin: context.origin, path: call.path, headers, body };
}

function aborted(call: Call<z.ZodType>, effect: Effect): ManagementApiError {
  return new ManagementApiError({
    kind: "aborted",
    operation: call.operation,
    effect,
    reason: label(call, "The call was aborted while it waited to be sent."),
  });
}

function label(call: Call<z.ZodType>, reason: string): string {
  return call.apiKeyId === undefined ? reason : `${call.apiKeyId}: ${reason}`;
}
