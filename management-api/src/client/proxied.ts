import { Pool, ProxyAgent, type buildConnector, type Dispatcher } from "undici";
import { codeOf } from "./error-code.ts";
import { ProxyFailure, refusal, unreachable } from "./proxy-failure.ts";
import type { Proxy } from "./proxy-rules.ts";

/** How connections are made over a proxy. */
export interface ProxiedOptions {
  /** How many connections there may be. */
  readonly connections: number;
  /** In milliseconds: for the connection to the proxy, for its answer, and for TLS with the server behind it, each. */
  readonly connectMs: number;
  /** TLS with the proxy and with the server. */
  readonly tls: buildConnector.BuildOptions;
}

/** The dispatcher that sends requests over a proxy: a tunnel for https, forwarded requests for http. */
export function proxiedDispatcher(proxy: Proxy, options: ProxiedOptions): Dispatcher {
  const { connections, connectMs, tls } = options;
  const connect = { ...tls, timeout: connectMs, allowH2: false };
  return new ProxyAgent({
    uri: proxy.origin,
    ...(proxy.authorization !== undefined && { token: proxy.authorization }),
    connections,
    pipelining: 1,
    allowH2: false,
    requestTls: connect,
    proxyTls: connect,
    clientFactory: (origin, clientOptions) =>
      new TunnelPool(origin, { ...clientOptions, headersTimeout: connectMs }, proxy),
  });
}

/**
 * What an error of a request that was forwarded without a tunnel means: its only connection is the one to the proxy.
 *
 * @param origin of the server.
 */
export function forwardFailure(proxy: Proxy, origin: string, error: Error): Error {
  if (error instanceof ProxyFailure) return error;
  const { host } = new URL(origin);
  // What undici makes of a 407.
  if (codeOf(error) === "UND_ERR_INVALID_ARG") return refusal(proxy, host, 407);
  return unreachable(proxy, host, codeOf(error));
}

/** The connections to the proxy that become tunnels. It says what undici says in a message only, or not at all. */
class TunnelPool extends Pool {
  readonly #proxy: Proxy;

  constructor(origin: URL, options: Pool.Options, proxy: Proxy) {
    super(origin, options);
    this.#proxy = proxy;
  }

  override async connect(options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData>;
  override connect(
    options: Dispatcher.ConnectOptions,
    callback: (error: Error | null, data: Dispatcher.ConnectData) => void,
  ): void;
  override connect(
    options: Dispatcher.ConnectOptions,
    callback?: (error: Error | null, data: Dispatcher.ConnectData) => void,
  ): Promise<Dispatcher.ConnectData> | void {
    if (callback !== undefined) return super.connect(options, callback);
    return this.#tunnel(options);
  }

  async #tunnel(options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData> {
    const { path: target } = options;
    const data = await super.connect(options).catch((error: unknown) => {
      throw unreachable(this.#proxy, target, codeOf(error));
    });
    if (data.statusCode === 200) return data;
    data.socket.on("error", () => {}).destroy();
    throw refusal(this.#proxy, target, data.statusCode);
  }
}
