import type { IncomingMessage, ServerResponse } from "node:http";

/** A watch that passes through the proxy, and what can be done to it. */
export class WatchStream {
  /** With the query. */
  readonly path: string;
  readonly #upstream: IncomingMessage;
  readonly #answer: ServerResponse;

  constructor(path: string, upstream: IncomingMessage, answer: ServerResponse) {
    this.path = path;
    this.#upstream = upstream;
    this.#answer = answer;
    answer.writeHead(200, { "content-type": "application/json" });
    answer.flushHeaders();
    upstream.pipe(answer);
    upstream.on("error", () => answer.destroy());
  }

  /** The watch ends as the API server ends one whose time is over. */
  end(): void {
    this.#upstream.unpipe();
    this.#answer.end();
    this.#upstream.destroy();
  }

  /** The connection breaks. */
  reset(): void {
    this.#answer.socket?.resetAndDestroy();
  }

  /** Nothing comes any more, without an error: a half-open connection. */
  stall(): void {
    this.#upstream.unpipe();
    this.#upstream.resume();
  }

  /** Puts a text into the stream, between two lines if it ends with a newline. */
  inject(text: string): void {
    this.#answer.write(text);
  }

  /** Puts an event into the stream. */
  injectEvent(type: string, object: unknown): void {
    this.inject(`${JSON.stringify({ type, object })}\n`);
  }

  /** Resolves when the client has gone, or the watch has ended. */
  closed(): Promise<void> {
    if (this.#answer.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#answer.once("close", resolve);
    });
  }
}
