import type { LookupFunction } from "node:net";
import { Pool, type Dispatcher } from "undici";
import { guardedConnector, isRefusedLiteral, type AddressPolicy } from "./address-guard.ts";
import { tlsOptions } from "./ca-bundle.ts";
import { forwardFailure, proxiedDispatcher } from "./proxied.ts";
import type { ProxyRules } from "./proxy-rules.ts";

/** The way to a server. */
export interface Route {
  readonly dispatcher: Dispatcher;
  /** Names the proxy in an error of the connection. */
  readonly explain: (error: Error) => Error;
}

/** What decides about the way. */
export interface RouteOptions {
  readonly connections: number;
  /** In milliseconds. */
  readonly connectMs: number;
  readonly addresses: AddressPolicy;
  /** Certificates of CAs that count besides those that Node trusts, as PEM. */
  readonly ca: readonly string[];
  readonly proxies: ProxyRules | undefined;
  readonly lookup: LookupFunction | undefined;
}

/**
 * The way to an origin: over a proxy where one is set, else directly and past the guard of addresses. A proxy resolves
 * names itself, so only what the URL says literally is judged then.
 */
export function routeTo(origin: string, options: RouteOptions): Route {
  const { connections, connectMs, addresses, ca, proxies, lookup } = options;
  const tls = tlsOptions(ca);
  const proxy = proxies?.proxyFor(origin);
  const { hostname, protocol } = new URL(origin);
  if (proxy === undefined || isRefusedLiteral(hostname, addresses)) {
    const connect = guardedConnector({ ...addresses, connectMs, tls, ...(lookup && { lookup }) });
    const dispatcher = new Pool(origin, { connections, pipelining: 1, connect });
    return { dispatcher, explain: (error) => error };
  }
  return {
    dispatcher: proxiedDispatcher(proxy, { connections, connectMs, tls }),
    explain: (error) => (protocol === "https:" ? error : forwardFailure(proxy, origin, error)),
  };
}
