import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { WatchStream } from "./watch-stream.ts";

/** What happens to a request instead of being passed on and answered. */
export type Fault =
  /** Nothing: it is passed on and answered, so that a later request meets what was set after this. */
  | { readonly kind: "pass" }
  /** Answered by the proxy; the API server never sees it. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** The connection breaks; the API server never sees the request. */
  | { readonly kind: "reset-before" }
  /** The API server carries it out; the connection breaks before the answer. */
  | { readonly kind: "reset-after" }
  /** Never answered and never seen by the API server. */
  | { readonly kind: "stall-before" }
  /** The API server carries it out; the answer never comes. */
  | { readonly kind: "stall-after" }
  /** The API server carries it out; the answer breaks off after so many bytes of its body. */
  | { readonly kind: "truncate"; readonly bytes: number }
  /** The API server carries it out; its answer has this body instead. */
  | { readonly kind: "replace-body"; readonly body: string };

/** Which requests; what is left out matches all. */
export interface RequestMatcher {
  readonly method?: string;
  /** Of the path with its query. */
  readonly path?: RegExp;
  readonly watch?: boolean;
}

/** A request that reached the proxy. */
export interface SeenRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly watch: boolean;
  readonly authorization: string | undefined;
}

interface Rule {
  readonly matcher: RequestMatcher;
  readonly fault: Fault;
  left: number;
}

interface Waiter<T> {
  readonly matcher: RequestMatcher;
  readonly resolve: (value: T) => void;
}

export interface KubeProxyOptions {
  /** The API server, `https://host:port`. */
  readonly upstream: string;
  /** Its CA, PEM. */
  readonly ca: string;
}

/**
 * A plain HTTP proxy in front of a real API server that breaks what a test asks it to break. Tokens are passed on; client
 * certificates cannot be.
 *
 * @example
 * await using proxy = await KubeProxy.start({ upstream: cluster.url, ca });
 * proxy.fail({ method: "POST" }, { kind: "reset-after" });
 */
export class KubeProxy {
  readonly #options: KubeProxyOptions;
  readonly #server: Server;
  readonly #agent: Agent;
  readonly #sockets = new Set<Socket>();
  readonly #rules: Rule[] = [];
  readonly #watches = new Set<WatchStream>();
  #requestWaiters: Waiter<SeenRequest>[] = [];
  #watchWaiters: Waiter<WatchStream>[] = [];
  /** Everything that came in, in order. */
  readonly requests: SeenRequest[] = [];
  /** Connections that clients have opened so far. */
  connections = 0;

  private constructor(options: KubeProxyOptions) {
    this.#options = options;
    this.#agent = new Agent({ keepAlive: true, ca: options.ca });
    this.#server = createServer((incoming, answer) => this.#receive(incoming, answer));
    this.#server.on("connection", (socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  /** Starts on a free port of 127.0.0.1. */
  static async start(options: KubeProxyOptions): Promise<KubeProxy> {
    const proxy = new KubeProxy(options);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("this proxy is closed");
    return `http://127.0.0.1:${address.port}`;
  }

  /** A kubeconfig that leads through the proxy. client-node accepts plain HTTP only with TLS verification off. */
  kubeconfig(token: string): string {
    return JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "proxy",
      clusters: [{ name: "proxy", cluster: { server: this.url, "insecure-skip-tls-verify": true } }],
      users: [{ name: "proxy", user: { token } }],
      contexts: [{ name: "proxy", context: { cluster: "proxy", user: "proxy" } }],
    });
  }

  /** Lets the next `times` matching requests fail; of several rules that match, the oldest acts. */
  fail(matcher: RequestMatcher, fault: Fault, times = 1): void {
    this.#rules.push({ matcher, fault, left: times });
  }

  /** Forgets all faults that have not acted yet. */
  heal(): void {
    this.#rules.length = 0;
  }

  /** How many matching requests came in so far. */
  count(matcher: RequestMatcher): number {
    return this.requests.filter((one) => matches(matcher, one)).length;
  }

  /** The next matching request that comes in from now on. */
  nextRequest(matcher: RequestMatcher = {}): Promise<SeenRequest> {
    return new Promise((resolve) => this.#requestWaiters.push({ matcher, resolve }));
  }

  /** The next matching watch that the API server begins to answer from now on. */
  nextWatch(matcher: RequestMatcher = {}): Promise<WatchStream> {
    return new Promise((resolve) => this.#watchWaiters.push({ matcher, resolve }));
  }

  /** The watches that are open now. */
  get watches(): readonly WatchStream[] {
    return [...this.#watches];
  }

  /** Breaks every connection of clients, as a restart of a load balancer does. */
  resetAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    this.#agent.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #receive(incoming: IncomingMessage, answer: ServerResponse): void {
    const path = incoming.url ?? "/";
    const seen: SeenRequest = {
      method: incoming.method ?? "GET",
      path,
      watch: /[?&]watch=true\b/u.test(path),
      authorization: incoming.headers.authorization,
    };
    this.requests.push(seen);
    const fault = this.#faultFor(seen);
    this.#requestWaiters = settle(this.#requestWaiters, seen, seen);
    // A client that goes away is what many tests are about.
    answer.on("error", () => undefined);
    if (!actsBefore(fault, incoming, answer)) this.#forward(seen, incoming, answer, fault);
  }

  #faultFor(seen: SeenRequest): Fault | undefined {
    const rule = this.#rules.find(({ matcher, left }) => left > 0 && matches(matcher, seen));
    if (rule !== undefined) rule.left--;
    return rule?.fault.kind === "pass" ? undefined : rule?.fault;
  }

  #forward(
    seen: SeenRequest,
    incoming: IncomingMessage,
    answer: ServerResponse,
    fault: Fault | undefined,
  ): void {
    const { host: _, ...headers } = incoming.headers;
    const url = new URL(seen.path, this.#options.upstream);
    const outgoing = httpsRequest(url, { method: seen.method, headers, agent: this.#agent }, (upstream) => {
      if (seen.watch && upstream.statusCode === 200) this.#openWatch(seen, upstream, answer);
      else passOn(upstream, incoming, answer, fault);
    });
    outgoing.on("error", () => incoming.socket.destroy());
    if (seen.watch) answer.on("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
  }

  #openWatch(seen: SeenRequest, upstream: IncomingMessage, answer: ServerResponse): void {
    const watch = new WatchStream(seen.path, upstream, answer);
    this.#watches.add(watch);
    answer.on("close", () => this.#watches.delete(watch));
    this.#watchWaiters = settle(this.#watchWaiters, seen, watch);
  }
}

function settle<T>(waiters: readonly Waiter<T>[], seen: SeenRequest, value: T): Waiter<T>[] {
  for (const { matcher, resolve } of waiters) if (matches(matcher, seen)) resolve(value);
  return waiters.filter(({ matcher }) => !matches(matcher, seen));
}

function matches({ method, path, watch }: RequestMatcher, seen: SeenRequest): boolean {
  return (
    (method === undefined || method === seen.method) &&
    (path === undefined || path.test(seen.path)) &&
    (watch === undefined || watch === seen.watch)
  );
}

/** Whether the fault keeps the request from the API server. */
function actsBefore(fault: Fault | undefined, incoming: IncomingMessage, answer: ServerResponse): boolean {
  switch (fault?.kind) {
    case "answer":
      // Read to its end first: a connection with an unread body cannot be used again.
      incoming.resume().on("end", () => answer.writeHead(fault.status, fault.headers).end(fault.body ?? ""));
      return true;
    case "reset-before":
      incoming.resume().on("end", () => incoming.socket.resetAndDestroy());
      return true;
    case "stall-before":
      incoming.resume();
      return true;
    default:
      return false;
  }
}

/** Passes an answer on, or does to it what the fault says. */
function passOn(
  upstream: IncomingMessage,
  incoming: IncomingMessage,
  answer: ServerResponse,
  fault: Fault | undefined,
): void {
  const status = upstream.statusCode ?? 502;
  if (fault === undefined) {
    answer.writeHead(status, upstream.headers);
    upstream.pipe(answer);
    return;
  }
  const chunks: Buffer[] = [];
  upstream.on("data", (chunk: Buffer) => chunks.push(chunk));
  upstream.on("end", () => spoil(fault, status, Buffer.concat(chunks), incoming, answer));
}

function spoil(
  fault: Fault,
  status: number,
  body: Buffer,
  incoming: IncomingMessage,
  answer: ServerResponse,
): void {
  const headers = { "content-type": "application/json" };
  switch (fault.kind) {
    case "reset-after":
      incoming.socket.resetAndDestroy();
      break;
    case "truncate":
      answer.writeHead(status, { ...headers, "content-length": body.length });
      answer.write(body.subarray(0, fault.bytes), () => incoming.socket.destroy());
      break;
    case "replace-body":
      answer.writeHead(status, headers).end(fault.body);
      break;
    default:
      break;
  }
}
