import { type Clock, sleep } from "../clock.ts";
import type { Fence } from "../fence.ts";
import type { ClusterAccess, Credentials } from "./cluster-access.ts";
import { ConnectionPools } from "./connection-pools.ts";
import { CredentialCache } from "./credential-cache.ts";
import { exchange, ExchangeError, type BodyReader, type WireAnswer, type WireRequest } from "./exchange.ts";
import { KubeError, type RequestTarget } from "./kube-error.ts";
import type { RequestRecord } from "./options.ts";
import { redactorFor } from "./redact.ts";
import { retryDelay } from "./retry.ts";
import { errorFromAnswer } from "./status.ts";

/** One operation, before credentials and retries. */
export interface Operation {
  readonly method: WireRequest["method"];
  /** With the query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON, a string as it is. */
  readonly body?: unknown;
  readonly target: RequestTarget;
  /** Whether the server may change something on it: not for reads and dry runs. */
  readonly mutating: boolean;
  /** Sent although the fence is closed. */
  readonly pastFence?: boolean | undefined;
  readonly sensitive: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  /** Makes the reader of the body of each try that is answered with 200. */
  readonly bodyReader?: (() => BodyReader) | undefined;
}

export interface SenderOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly userAgent: string;
  readonly connections: number;
  readonly onRequest: ((record: RequestRecord) => void) | undefined;
  readonly fence: Fence | undefined;
}

/** Sends operations: credentials, the connection pool, the deadline and the retries that are safe. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #origin: string;
  readonly #basePath: string;
  readonly #host: string;
  readonly #credentials: CredentialCache;
  readonly #pools: ConnectionPools;

  constructor(access: ClusterAccess, options: SenderOptions) {
    const server = new URL(access.server);
    this.#options = options;
    this.#origin = server.origin;
    this.#basePath = server.pathname.replace(/\/$/u, "");
    this.#host = server.host;
    this.#credentials = new CredentialCache(access, options.clock);
    this.#pools = new ConnectionPools(access, options.connections);
  }

  /**
   * The answer, with a status of 2xx.
   * @throws KubeError
   */
  async send(operation: Operation): Promise<WireAnswer> {
    const { clock, random } = this.#options;
    const deadline = clock.monotonic() + operation.timeoutMs;
    const idempotentRead = operation.method === "GET" || operation.method === "HEAD";
    for (let retries = 0; ; retries++) {
      const leftMs = deadline - clock.monotonic();
      const outcome = await this.#attempt(operation, leftMs);
      if (!(outcome instanceof KubeError)) return outcome;
      const left = deadline - clock.monotonic();
      const delay = retryDelay({ error: outcome, idempotentRead, retries, leftMs: left, random });
      if (delay === undefined) throw outcome;
      await sleep(clock, delay, operation.signal);
      if (operation.signal?.aborted === true) throw outcome;
    }
  }

  /** The monotonic time, for {@link record}. */
  now(): number {
    return this.#options.clock.monotonic();
  }

  /** What a stream needs that is read elsewhere: see `openWatch`. */
  async open(operation: Operation): Promise<{ credentials: Credentials; request: WireRequest }> {
    const credentials = await this.#authenticate(operation);
    return { credentials, request: this.#wireRequest(operation, credentials) };
  }

  /** The connections that streams are read from. */
  watchPool(credentials: Credentials): ReturnType<ConnectionPools["for"]>["watches"] {
    return this.#pools.for(credentials.tls).watches;
  }

  /** Makes the next request read the credentials again, because these were refused. */
  async renew(refused: Credentials): Promise<void> {
    await this.#credentials.renew(refused);
  }

  /** Reports one request, answered or not, to the hook. */
  record(operation: Operation, code: string, startedAt: number): void {
    this.#options.onRequest?.({
      verb: operation.target.verb,
      method: operation.method,
      host: this.#host,
      resource: operation.target.resource,
      code,
      durationMs: this.#options.clock.monotonic() - startedAt,
    });
  }

  /** Breaks all connections. */
  async destroy(): Promise<void> {
    await this.#pools.destroy();
  }

  /** Sends once, and once more with fresh credentials if these are refused: a 401 was not executed. */
  async #attempt(operation: Operation, leftMs: number): Promise<WireAnswer | KubeError> {
    const started = this.#options.clock.monotonic();
    let credentials: Credentials;
    try {
      credentials = await this.#authenticate(operation);
      const first = await this.#sendOnce(operation, credentials, leftMs);
      if (!(first instanceof KubeError) || first.kind !== "unauthorized") return first;
      const fresh = await this.#credentials.renew(credentials);
      const left = leftMs - (this.#options.clock.monotonic() - started);
      return left <= 0 ? first : await this.#sendOnce(operation, fresh, left);
    } catch (error) {
      if (error instanceof KubeError) return error;
      throw error;
    }
  }

  async #authenticate(operation: Operation): Promise<Credentials> {
    try {
      return await this.#credentials.get();
    } catch (cause) {
      const why = cause instanceof Error && "code" in cause ? String(cause.code) : "see the cause";
      const message = `the credentials could not be read (${why})`;
      throw new KubeError({ ...operation.target, kind: "unauthorized", effect: "none", message, cause });
    }
  }

  async #sendOnce(
    operation: Operation,
    credentials: Credentials,
    timeoutMs: number,
  ): Promise<WireAnswer | KubeError> {
    const started = this.#options.clock.monotonic();
    const { signal, maxBodyBytes, bodyReader, target, mutating } = operation;
    if (mutating && operation.pastFence !== true && this.#options.fence?.open === false) {
      const message = "the fence is closed: this process may no longer change anything, and nothing was sent";
      return new KubeError({ ...target, kind: "aborted", effect: "none", message });
    }
    try {
      const pool = this.#pools.for(credentials.tls).requests;
      const limits = { signal, timeoutMs: Math.max(timeoutMs, 1), maxBodyBytes, bodyReader };
      const answer = await exchange(pool, this.#wireRequest(operation, credentials), limits);
      this.record(operation, String(answer.status), started);
      if (answer.status >= 200 && answer.status < 300) return answer;
      const redact = operation.sensitive ? redactorFor(parsedBody(operation.body)) : (text: string) => text;
      return errorFromAnswer(answer, target, mutating, redact);
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      this.record(operation, "<error>", started);
      return exchangeFailure(error, operation);
    }
  }

  #wireRequest(operation: Operation, credentials: Credentials): WireRequest {
    const body = serialized(operation.body);
    return {
      method: operation.method,
      origin: this.#origin,
      path: this.#basePath + operation.path,
      headers: {
        accept: "application/json",
        "user-agent": this.#options.userAgent,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...operation.headers,
        ...credentials.headers,
      },
      body,
    };
  }
}

/** Says what a request without a complete answer means. */
export function exchangeFailure(error: ExchangeError, operation: Operation): KubeError {
  return new KubeError({
    ...operation.target,
    kind: error.why === "too-large" ? "malformed-answer" : error.why,
    effect: operation.mutating && error.sent ? "unknown" : "none",
    message: error.message,
    status: error.status,
    cause: error.cause,
  });
}

function serialized(body: unknown): string | undefined {
  return body === undefined || typeof body === "string" ? body : JSON.stringify(body);
}

/** For redaction a raw body must be read too, where it is JSON. */
function parsedBody(body: unknown): unknown {
  if (typeof body !== "string") return body;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return { data: body };
  }
}
