import { Pool, ProxyAgent, type buildConnector, type Dispatcher } from "undici";
import type { ClusterProxy } from "./proxy-from-environment.ts";

/** How long the proxy may take to answer CONNECT. */
const CONNECT_MS = 10_000;

/**
 * Sends requests to the API server over a proxy. What goes wrong on the way to it is an error that names proxy and target,
 * and what to set; user and password are in no message.
 *
 * @param options of the connections.
 * @param connect TLS with the API server.
 * @throws Error if the proxy's URL cannot be used.
 */
export function proxiedDispatcher(
  proxy: ClusterProxy,
  options: Pool.Options & { readonly connections: number | null },
  connect: buildConnector.BuildOptions,
): Dispatcher {
  const url = proxyUrl(proxy);
  return new ProxyAgent({
    ...options,
    uri: url.href,
    requestTls: { ...connect, allowH2: false },
    clientFactory: (origin, clientOptions) => {
      const shown = { address: url.host, setBy: proxy.setBy };
      return new TunnelPool(origin, { ...clientOptions, headersTimeout: CONNECT_MS }, shown);
    },
  });
}

/** @throws Error that names what sets the URL, and not the URL. */
function proxyUrl({ url, setBy }: ClusterProxy): URL {
  const parsed = URL.parse(url);
  const known = ["http:", "https:", "socks5:", "socks:"];
  if (parsed !== null && parsed.hostname !== "" && known.includes(parsed.protocol)) return parsed;
  throw new Error(
    `${setBy} is no URL of a proxy; it looks like http://proxy.example.com:3128, with http, https or socks5`,
  );
}

interface ShownProxy {
  /** `host:port` */
  readonly address: string;
  readonly setBy: string;
}

class TunnelPool extends Pool {
  readonly #proxy: ShownProxy;

  constructor(origin: URL, options: Pool.Options, proxy: ShownProxy) {
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
      const why = `cannot be reached (${codeOf(error)})`;
      throw new Error(message(this.#proxy, target, why, `check ${this.#proxy.setBy}`));
    });
    if (data.statusCode === 200) return data;
    data.socket.on("error", () => {}).destroy();
    throw new Error(
      message(this.#proxy, target, `answered ${data.statusCode}`, todo(data.statusCode, this.#proxy)),
    );
  }
}

function todo(status: number, { setBy }: ShownProxy): string {
  if (status === 407) return `set ${setBy} to a URL with the user and password that the proxy accepts`;
  if (status >= 500) return "check the name of the API server, and the DNS and the firewall of the proxy";
  return "allow this host and port in the rules of the proxy";
}

function message({ address, setBy }: ShownProxy, target: string, what: string, advice: string): string {
  return `the proxy ${address} (${setBy}) on the way to ${target} ${what}: ${advice}, or list the host in NO_PROXY`;
}

/** The code of an error cannot hold anything of the request, unlike its message. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  if (!(error instanceof Error)) return "unknown";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
