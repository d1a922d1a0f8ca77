import { NoProxy } from "./no-proxy.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A proxy, as an environment variable names it. Its credentials are in no text of it. */
export class Proxy {
  /** `host:port`, for messages. */
  readonly address: string;
  /** Without user and password. */
  readonly origin: string;
  /** The variable that names it. */
  readonly variable: string;
  readonly #authorization: string | undefined;

  /** @throws TypeError that names the variable, and not its value: it may hold a password. */
  constructor(text: string, variable: string) {
    const url = URL.parse(text.includes("://") ? text : `http://${text}`);
    if (url === null || url.hostname === "" || (url.protocol !== "http:" && url.protocol !== "https:")) {
      throw new TypeError(
        `${variable} is no URL of an HTTP proxy; it looks like http://proxy.example.com:3128, with http or https.`,
      );
    }
    this.variable = variable;
    this.origin = url.origin;
    this.address = `${url.hostname}:${url.port || (url.protocol === "https:" ? 443 : 80)}`;
    this.#authorization = basicAuthorization(url, variable);
  }

  /** The value of `Proxy-Authorization`, which holds the password. */
  get authorization(): string | undefined {
    return this.#authorization;
  }
}

/**
 * Which proxy leads to a server, by `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, as undici's `EnvHttpProxyAgent` reads them:
 * lower case comes first, and `HTTP_PROXY` serves https too where there is no `HTTPS_PROXY`.
 */
export class ProxyRules {
  readonly #http: Proxy | undefined;
  readonly #https: Proxy | undefined;
  readonly #exceptions: NoProxy;

  /** @throws TypeError if a variable is no URL of an HTTP proxy. */
  constructor(env: Environment) {
    this.#http = proxyOf(env, "http_proxy", "HTTP_PROXY");
    this.#https = proxyOf(env, "https_proxy", "HTTPS_PROXY") ?? this.#http;
    this.#exceptions = new NoProxy(env["no_proxy"] ?? env["NO_PROXY"] ?? "");
  }

  /** The proxy on the way to an origin, or undefined where there is none. */
  proxyFor(origin: string): Proxy | undefined {
    const proxy = origin.startsWith("https:") ? this.#https : this.#http;
    return proxy === undefined || this.#exceptions.covers(origin) ? undefined : proxy;
  }
}

function proxyOf(env: Environment, lower: string, upper: string): Proxy | undefined {
  const variable = env[lower] === undefined ? upper : lower;
  const text = env[variable]?.trim();
  return text === undefined || text === "" ? undefined : new Proxy(text, variable);
}

function basicAuthorization({ username, password }: URL, variable: string): string | undefined {
  if (username === "") return undefined;
  try {
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(credentials).toString("base64")}`;
  } catch {
    throw new TypeError(`The user or password in ${variable} is not encoded as in a URL: write % as %25.`);
  }
}
