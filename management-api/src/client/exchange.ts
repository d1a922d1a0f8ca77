import type { Dispatcher } from "undici";
import type { Clock } from "./clock.ts";
import { connectionReason, isUntrusted } from "./connection-failure.ts";
import { codeOf } from "./error-code.ts";
import type { ManagementApiErrorKind } from "./errors.ts";
import { ProxyFailure } from "./proxy-failure.ts";

/** One request, ready to be sent. */
export interface ExchangeRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Scheme, host and port of the server. */
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string | undefined;
}

/** One complete answer. */
export interface ExchangeAnswer {
  readonly status: number;
  readonly contentType: string;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

interface FailureCause {
  readonly kind: ManagementApiErrorKind;
  readonly reason: string;
  readonly transient?: boolean;
}

/** Why there is no complete answer. */
export class ExchangeFailure extends Error {
  readonly kind: ManagementApiErrorKind;
  /** Whether a byte of the request may have left; `false` is certain. */
  readonly sent: boolean;
  /** The status, if the answer had begun. */
  readonly status: number | undefined;
  /** Whether a repeat may help: a time-out, or a connection that failed or broke off. */
  readonly transient: boolean;

  constructor(cause: FailureCause, sent: boolean, status: number | undefined) {
    super(cause.reason);
    const { kind, transient = false } = cause;
    this.transient = transient;
    this.kind = kind;
    this.sent = sent;
    this.status = status;
  }
}

export interface ExchangeLimits {
  /** The total time from handing the request over to the last byte of the answer, in milliseconds. */
  readonly requestMs: number;
  /** The largest body of an answer, in bytes. */
  readonly maxBytes: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Gives up as long as nothing was written, and does nothing afterwards. */
  readonly waitSignal?: AbortSignal | undefined;
  /** Says more of an error of the connection, such as which proxy it is. */
  readonly explain?: ((error: Error) => Error) | undefined;
}

/**
 * Sends one request once: HTTP/1.1 without pipelining, and nothing here or in undici repeats it.
 * @throws ExchangeFailure
 */
export function exchange(
  dispatcher: Dispatcher,
  request: ExchangeRequest,
  limits: ExchangeLimits,
): Promise<ExchangeAnswer> {
  const running = new Exchange(limits);
  if (!running.settled) {
    const timeouts = { headersTimeout: 0, bodyTimeout: 0 };
    dispatcher.dispatch({ ...request, body: request.body ?? null, ...timeouts }, running);
  }
  return running.answer;
}

/** Collects one answer, within the limits. undici calls the `on…` methods. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #result = Promise.withResolvers<ExchangeAnswer>();
  readonly #limits: ExchangeLimits;
  readonly #cancelDeadline: () => void;
  readonly #onAbort = () => this.#fail({ kind: "aborted", reason: "The call was aborted." });
  readonly #onWaitOver = () => {
    if (this.#controller === undefined) this.#onAbort();
  };
  readonly #chunks: Buffer[] = [];
  /** Set when undici is about to write: from then on bytes may have left. */
  #controller: Dispatcher.DispatchController | undefined;
  #size = 0;
  #status: number | undefined;
  #headers: ExchangeAnswer["headers"] = {};
  settled = false;

  constructor(limits: ExchangeLimits) {
    this.#limits = limits;
    const { clock, requestMs, signal, waitSignal } = limits;
    const reason = `No complete answer within ${requestMs / 1_000} s.`;
    this.#cancelDeadline = clock.schedule(requestMs, () =>
      this.#fail({ kind: "timeout", reason, transient: true }),
    );
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    waitSignal?.addEventListener("abort", this.#onWaitOver, { once: true });
    if (signal?.aborted || waitSignal?.aborted) this.#onAbort();
  }

  get answer(): Promise<ExchangeAnswer> {
    return this.#result.promise;
  }

  /**
   * undici writes nothing if it is aborted here. A second start would be a second sending of the same request: undici
   * 8 re-queues only what it has not begun to write, and this holds it to that.
   */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.settled || this.#controller !== undefined) {
      controller.abort(new Error("settled"));
      this.#fail({ kind: "connection", reason: "The connection was lost." });
    } else {
      this.#controller = controller;
    }
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (statusCode < 200) return;
    this.#status = statusCode;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    const { maxBytes } = this.#limits;
    if (this.#size <= maxBytes) this.#chunks.push(chunk);
    else this.#fail({ kind: "answer-too-large", reason: `The answer is larger than ${maxBytes} bytes.` });
  }

  onResponseEnd(): void {
    if (!this.#settle()) return;
    const [status, headers] = [this.#status ?? 0, this.#headers];
    const contentType = String(headers["content-type"] ?? "");
    this.#result.resolve({ status, contentType, headers, body: Buffer.concat(this.#chunks) });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const answerBegun = this.#status !== undefined;
    this.#fail(classify(answerBegun ? error : (this.#limits.explain?.(error) ?? error), answerBegun));
  }

  #fail(cause: FailureCause): void {
    if (!this.#settle()) return;
    const failure = new ExchangeFailure(cause, this.#controller !== undefined, this.#status);
    this.#result.reject(failure);
    this.#controller?.abort(failure);
  }

  /** Whether this is the first outcome. */
  #settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.#cancelDeadline();
    this.#limits.signal?.removeEventListener("abort", this.#onAbort);
    this.#limits.waitSignal?.removeEventListener("abort", this.#onWaitOver);
    return true;
  }
}

function classify(error: Error, answerBegun: boolean): FailureCause {
  if (error instanceof ProxyFailure) {
    return { kind: "proxy", reason: error.message, transient: error.transient };
  }
  const code = codeOf(error);
  if (code === "ADDRESS_NOT_ALLOWED") return { kind: "address-not-allowed", reason: `${error.message}.` };
  if (code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT") {
    const reason =
      "No connection within the time allowed: check firewall and network policies, and whether only a proxy leads out of this network.";
    return { kind: "timeout", reason, transient: true };
  }
  if (answerBegun)
    return { kind: "malformed-answer", reason: `The answer broke off (${code}).`, transient: true };
  if (code.startsWith("HPE_") || code === "UND_ERR_HEADERS_OVERFLOW") {
    return { kind: "malformed-answer", reason: `The answer is not HTTP/1.1 (${code}).` };
  }
  const kind = isUntrusted(code) ? "untrusted-certificate" : "connection";
  return { kind, reason: connectionReason(code), transient: true };
}
