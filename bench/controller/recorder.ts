import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { Agent, request } from "undici";
import type { Exchange } from "./template.ts";

/** Not of the request but of its connection, or not to be kept. */
const NOT_KEPT = new Set([
  "authorization",
  "connection",
  "content-length",
  "host",
  "keep-alive",
  "transfer-encoding",
]);

/** A proxy that passes everything on, and keeps what goes through it in memory. */
export class Recorder implements AsyncDisposable {
  readonly exchanges: Exchange[];
  readonly #to: Exchange["to"];
  readonly #upstream: string;
  readonly #agent: Agent;
  readonly #server = createServer((incoming, answer) => {
    this.#pass(incoming, answer).catch(() => answer.destroy());
  });

  private constructor(to: Exchange["to"], upstream: string, ca: string | undefined, exchanges: Exchange[]) {
    this.#to = to;
    this.#upstream = upstream;
    this.exchanges = exchanges;
    const connect = ca === undefined ? {} : { ca };
    this.#agent = new Agent({ connect, headersTimeout: 0, bodyTimeout: 0 });
  }

  /**
   * Starts on a free port of 127.0.0.1.
   *
   * @param upstream an origin. @param exchanges where it puts what it has seen; several may share a list.
   */
  static async start(
    to: Exchange["to"],
    upstream: string,
    { ca, exchanges }: { readonly ca?: string | undefined; readonly exchanges: Exchange[] },
  ): Promise<Recorder> {
    const recorder = new Recorder(to, upstream, ca, exchanges);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    recorder.#server.once("error", reject).listen(0, "127.0.0.1", resolve);
    await promise;
    return recorder;
  }

  get url(): string {
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("this recorder is closed");
    return `http://127.0.0.1:${address.port}`;
  }

  async #pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const path = incoming.url ?? "/";
    const body = await text(incoming);
    const headers = without(incoming.headers, ["host", "connection", "transfer-encoding", "accept-encoding"]);
    const { method = "GET" } = incoming;
    const options = { method, headers, body: body === "" ? null : body, dispatcher: this.#agent };
    const upstream = await request(`${this.#upstream}${path}`, options);
    const answered = without(upstream.headers, ["transfer-encoding", "connection"]);
    if (/[?&]watch=(true|1)\b/.test(path)) {
      answer.writeHead(upstream.statusCode, answered);
      answer.on("close", () => upstream.body.destroy());
      upstream.body.on("error", () => answer.destroy()).pipe(answer);
      return;
    }
    const whole = await upstream.body.text();
    this.exchanges.push({ to: this.#to, method, path, headers: kept(incoming), body, answer: whole });
    answer.writeHead(upstream.statusCode, without(answered, ["content-length"])).end(whole);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await this.#agent.destroy();
    await closed;
  }
}

function without<T>(headers: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}

function kept({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === "string" && !NOT_KEPT.has(name) ? [[name, value]] : [],
    ),
  );
}
