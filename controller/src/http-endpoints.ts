import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { KeyPair } from "./tls/x509.ts";

/** An answer: the status and a text. */
export interface EndpointAnswer {
  readonly status: number;
  readonly body: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a request says about who sends it. */
interface Caller {
  /** The token of `Authorization: Bearer`. */
  readonly token: string | undefined;
  readonly address: string;
}

/** What keeps endpoints from those who may not read them. */
export interface Protection {
  /** What is served until {@link EndpointServer.useCertificate} is called. */
  readonly certificate: KeyPair;
  /** The refusal, or undefined for a caller who may read. Must not reject. */
  readonly refuse: (caller: Caller) => Promise<EndpointAnswer | undefined>;
}

/** What a path answers. */
type Endpoint = () => Promise<EndpointAnswer>;

const NOT_FOUND = { status: 404, body: "not found\n", contentType: "text/plain; charset=utf-8" } as const;

/** A server of a few GET endpoints. */
export interface EndpointServer {
  /** `host:port`, with the port that was chosen where 0 was asked for. */
  readonly address: string;
  /** Serves new connections with another certificate. Without effect where there is no TLS. */
  useCertificate(pair: KeyPair): void;
  close(): Promise<void>;
}

/**
 * Serves endpoints such as /healthz and /metrics.
 *
 * @param address `host:port`; the host may be empty or in brackets.
 * @param protection for TLS, and for endpoints that not every caller may read; by default HTTP for all.
 * @throws Error where the address is taken or cannot be used; the message names it.
 */
export async function serveEndpoints(
  address: string,
  endpoints: Readonly<Record<string, Endpoint>>,
  protection?: Protection,
): Promise<EndpointServer> {
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    const endpoint = request.method === "GET" ? endpoints[path] : undefined;
    void answerWith(endpoint && guarded(endpoint, request, protection), response);
  };
  const secure = protection && createSecureServer(tlsOptions(protection.certificate), handle);
  const server = secure ?? createServer(handle);
  await listen(server, address);
  return {
    address: boundAddress(server),
    useCertificate: (pair) => secure?.setSecureContext(tlsOptions(pair)),
    close: async () => close(server),
  };
}

function tlsOptions({ certificate, key }: KeyPair): { readonly cert: string; readonly key: string } {
  return { cert: certificate, key };
}

function guarded(endpoint: Endpoint, request: IncomingMessage, protection: Protection | undefined): Endpoint {
  if (protection === undefined) return endpoint;
  const [, token] = /^Bearer +([!-~]+) *$/i.exec(request.headers.authorization ?? "") ?? [];
  const caller = { token, address: request.socket.remoteAddress ?? "" };
  return async () => (await protection.refuse(caller)) ?? (await endpoint());
}

async function answerWith(endpoint: Endpoint | undefined, response: ServerResponse): Promise<void> {
  try {
    const { status, body, contentType, headers }: EndpointAnswer = (await endpoint?.()) ?? NOT_FOUND;
    const type = { "content-type": contentType ?? NOT_FOUND.contentType };
    response.writeHead(status, { ...type, ...headers }).end(body);
  } catch {
    response.writeHead(500).end("internal error\n");
  }
}

function boundAddress(server: Server): string {
  const bound = server.address();
  if (bound === null || typeof bound === "string") return String(bound);
  return `${bound.family === "IPv6" ? `[${bound.address}]` : bound.address}:${bound.port}`;
}

async function listen(server: Server, address: string): Promise<void> {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
  const port = Number(address.slice(colon + 1));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(new Error(`cannot listen on ${address}: ${error.message}`, { cause: error })),
    );
    server.listen(port, host === "" ? undefined : host, resolve);
  });
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeAllConnections();
  await closed;
}
