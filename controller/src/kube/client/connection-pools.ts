import { Agent, type Dispatcher } from "undici";
import type { ClusterAccess, TlsMaterial } from "./cluster-access.ts";
import { proxiedDispatcher } from "./proxied.ts";

/** kube-apiserver closes idle connections after 90 s, many load balancers after 60 s: be the first to close. */
const KEEP_ALIVE_MS = 30_000;

/**
 * The connections to the API server.
 *
 * HTTP/1.1 with keep-alive: on the six requests of one mint a pool of plain HTTP/1.1 connections gave 140 mints/s at
 * 1.65 ms of CPU each, HTTP/2 on one connection 122–131/s at 2 ms, and client-node's connection per request a fifth of
 * that (2 shared cores, API server included). It also has no single connection whose loss fails everything in flight.
 * Watches have a pool of their own without a limit, so that a watch in each of many namespaces cannot use up the
 * connections that requests need.
 */
export class ConnectionPools {
  readonly #access: ClusterAccess;
  readonly #connections: number;
  #current: { fingerprint: string; requests: Dispatcher; watches: Dispatcher } | undefined;

  constructor(access: ClusterAccess, connections: number) {
    this.#access = access;
    this.#connections = connections;
  }

  /** The pools for this TLS material; made anew when it changed, the old ones closing once they are idle. */
  for(tls: TlsMaterial): { requests: Dispatcher; watches: Dispatcher } {
    const fingerprint = JSON.stringify(tls);
    if (this.#current?.fingerprint !== fingerprint) {
      const old = this.#current;
      this.#current = {
        fingerprint,
        requests: this.#dispatcher(tls, this.#connections),
        watches: this.#dispatcher(tls, null),
      };
      if (old !== undefined) for (const pool of [old.requests, old.watches]) pool.close().catch(ignore);
    }
    return this.#current;
  }

  /** Breaks every connection; requests in flight fail. */
  async destroy(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    if (current !== undefined) await Promise.all([current.requests.destroy(), current.watches.destroy()]);
  }

  #dispatcher(tls: TlsMaterial, connections: number | null): Dispatcher {
    const material = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
    const connect = { ...material, timeout: 10_000, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
    // One request at a time on a connection, so that undici never has requests to send again when one breaks.
    // The deadlines are the caller's: undici's own time-outs are off.
    const common = {
      connections,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    const { proxy } = this.#access;
    return proxy === undefined
      ? new Agent({ ...common, connect })
      : proxiedDispatcher(proxy, common, connect);
  }
}

function ignore(): void {
  // A pool that fails to close is garbage either way.
}
