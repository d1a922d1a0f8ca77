import type { Readable } from "node:stream";
import { ExchangeError } from "./exchange.ts";
import { KubeError } from "./kube-error.ts";
import type { StreamRequest } from "./options.ts";
import { queryString } from "./resource-type.ts";
import { errorFromAnswer } from "./status.ts";
import { exchangeFailure, type Operation, type Sender } from "./sender.ts";

/** A refusal is a Status of a few hundred bytes. */
const LONGEST_REFUSAL = 64 * 1024;

/**
 * Opens an answer that is read as it comes. It is given up after `operation.timeoutMs` without a byte.
 * @throws KubeError from here and from the iteration
 */
export async function openStream(
  sender: Sender,
  operation: Operation,
): Promise<AsyncGenerator<Uint8Array, void>> {
  const { credentials, request } = await sender.open(operation);
  const idle = new IdleGuard(operation);
  const startedAt = sender.now();
  try {
    const answer = await sender
      .watchPool(credentials)
      .request({ ...request, body: request.body ?? null, signal: idle.signal });
    sender.record(operation, String(answer.statusCode), startedAt);
    if (answer.statusCode === 200) return readBody(answer.body, idle);
    const body = await readRefusal(answer.body);
    if (answer.statusCode === 401) await sender.renew(credentials);
    throw errorFromAnswer(
      { status: answer.statusCode, headers: answer.headers, body },
      operation.target,
      false,
      (text) => text,
    );
  } catch (error) {
    idle.stop();
    if (!(error instanceof KubeError)) sender.record(operation, "<error>", startedAt);
    throw idle.translate(error);
  }
}

/** See {@link KubeClient.stream}. */
export async function* streamBody(
  sender: Sender,
  { path, query, idleTimeoutMs, signal }: StreamRequest,
): AsyncGenerator<Uint8Array, void> {
  const body = await openStream(sender, {
    method: "GET",
    path: path + queryString(query ?? {}),
    headers: { accept: "*/*" },
    target: { verb: "get", resource: path },
    mutating: false,
    sensitive: false,
    signal,
    timeoutMs: idleTimeoutMs,
    maxBodyBytes: Number.POSITIVE_INFINITY,
  });
  yield* body;
}

async function* readBody(body: Readable, idle: IdleGuard): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      idle.touch();
      yield chunk;
    }
  } catch (error) {
    throw idle.translate(error);
  } finally {
    idle.stop();
    body.destroy();
  }
}

async function readRefusal(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > LONGEST_REFUSAL) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Aborts when nothing arrives for a while, or when the caller gives up, and remembers which. */
class IdleGuard {
  readonly #operation: Operation;
  readonly #controller = new AbortController();
  readonly #onAbort = (): void => this.#giveUp("aborted", "the caller gave up");
  readonly #timer: NodeJS.Timeout;
  #reason: ExchangeError | undefined;

  constructor(operation: Operation) {
    this.#operation = operation;
    const { timeoutMs, signal } = operation;
    this.#timer = setTimeout(() => this.#giveUp("timeout", `nothing arrived for ${timeoutMs} ms`), timeoutMs);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted === true) this.#onAbort();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  touch(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#operation.signal?.removeEventListener("abort", this.#onAbort);
  }

  translate(error: unknown): KubeError {
    if (error instanceof KubeError) return error;
    const cause = error instanceof Error ? error : new Error(String(error));
    return exchangeFailure(
      this.#reason ?? new ExchangeError("connection", true, undefined, cause),
      this.#operation,
    );
  }

  #giveUp(why: "timeout" | "aborted", message: string): void {
    this.#reason ??= new ExchangeError(why, true, undefined, new Error(message));
    this.#controller.abort();
  }
}
