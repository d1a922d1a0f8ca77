import type { Dispatcher } from "undici";

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly origin: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: string | undefined;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Empty if a {@link BodyReader} has read it. */
  readonly body: string;
}

/** Reads a body while it arrives, so that it is never in memory as a whole. */
export interface BodyReader {
  /** Must not throw. */
  push(chunk: Uint8Array): void;
}

/** Why there is no answer, and whether the request may have reached the server. */
export class ExchangeError extends Error {
  override readonly name = "ExchangeError";
  readonly why: "timeout" | "aborted" | "connection" | "too-large";
  readonly sent: boolean;
  /** The HTTP status, if the answer had begun. */
  readonly status: number | undefined;

  constructor(why: ExchangeError["why"], sent: boolean, status: number | undefined, cause: Error) {
    super(cause.message, { cause });
    this.why = why;
    this.sent = sent;
    this.status = status;
  }
}

export interface ExchangeLimits {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
  /** Of a body that no reader reads. */
  readonly maxBodyBytes: number;
  /** Makes the reader of a 200's body, a new one for each try. */
  readonly bodyReader?: (() => BodyReader) | undefined;
}

/**
 * Sends one request and reads its whole answer. The request is put on a connection at most once: undici would
 * re-send one whose idle connection turned out to be closed, which for a mutation can do harm.
 * @throws ExchangeError
 */
export function exchange(
  dispatcher: Dispatcher,
  request: WireRequest,
  limits: ExchangeLimits,
): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const handler = new AnswerHandler(limits, resolve, reject);
    if (handler.settled) return;
    try {
      dispatcher.dispatch({ ...request, body: request.body ?? null }, handler);
    } catch (error) {
      handler.fail("connection", asError(error));
    }
  });
}

class AnswerHandler implements Dispatcher.DispatchHandler {
  readonly #maxBodyBytes: number;
  readonly #bodyReader: (() => BodyReader) | undefined;
  readonly #resolve: (answer: WireAnswer) => void;
  readonly #reject: (error: ExchangeError) => void;
  readonly #release: () => void;
  #controller: Dispatcher.DispatchController | undefined;
  #status: number | undefined;
  #headers: WireAnswer["headers"] = {};
  #chunks: Buffer[] = [];
  #bytes = 0;
  #reader: BodyReader | undefined;
  settled = false;

  constructor(
    limits: ExchangeLimits,
    resolve: (answer: WireAnswer) => void,
    reject: (error: ExchangeError) => void,
  ) {
    this.#maxBodyBytes = limits.maxBodyBytes;
    this.#bodyReader = limits.bodyReader;
    this.#resolve = resolve;
    this.#reject = reject;
    const { signal, timeoutMs } = limits;
    const onAbort = (): void => this.fail("aborted", new Error("the caller gave up"));
    const timer = setTimeout(
      () => this.fail("timeout", new Error(`no complete answer within ${Math.round(timeoutMs)} ms`)),
      timeoutMs,
    );
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#release = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    if (signal?.aborted === true) onAbort();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const again = this.#controller !== undefined;
    this.#controller ??= controller;
    if (again) this.fail("connection", new Error("the connection broke before the request was answered"));
    if (this.settled) controller.abort(new Error("given up"));
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: WireAnswer["headers"]): void {
    this.#status = status;
    this.#headers = headers;
    if (status === 200) this.#reader = this.#bodyReader?.();
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.settled) return;
    if (this.#reader !== undefined) {
      this.#reader.push(chunk);
      return;
    }
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBodyBytes) {
      this.fail("too-large", new Error(`the answer is larger than ${this.#maxBodyBytes} bytes`));
    } else {
      this.#chunks.push(chunk);
    }
  }

  onResponseEnd(): void {
    if (this.settled) return;
    this.#settle();
    const [first] = this.#chunks;
    const body = first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    this.#resolve({ status: this.#status ?? 0, headers: this.#headers, body: body.toString("utf8") });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.fail("connection", error);
  }

  #settle(): void {
    this.settled = true;
    this.#release();
  }

  /** Ends the exchange, once. */
  fail(why: ExchangeError["why"], cause: Error): void {
    if (this.settled) return;
    this.#settle();
    // A request that is still waiting for a connection has no controller yet: onRequestStart then stops it.
    const sent = this.#controller !== undefined;
    this.#controller?.abort(cause);
    this.#reject(new ExchangeError(why, sent, this.#status, cause));
  }
}

function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}
