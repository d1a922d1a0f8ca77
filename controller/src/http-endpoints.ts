import { createServer, type Server, type ServerResponse } from "node:http";

/** An answer: the status and a text. */
interface EndpointAnswer {
  readonly status: number;
  readonly body: string;
  readonly contentType?: string;
}

/** What a path answers. */
type Endpoint = () => Promise<EndpointAnswer>;

const NOT_FOUND = { status: 404, body: "not found\n", contentType: "text/plain; charset=utf-8" } as const;

/** A server of a few GET endpoints. */
export interface EndpointServer {
  /** `host:port`, with the port that was chosen where 0 was asked for. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Serves endpoints such as /healthz and /metrics.
 *
 * @param address `host:port`; the host may be empty or in brackets.
 * @throws Error where the address is taken or cannot be used; the message names it.
 */
export async function serveEndpoints(
  address: string,
  endpoints: Readonly<Record<string, Endpoint>>,
): Promise<EndpointServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    const endpoint = request.method === "GET" ? endpoints[path] : undefined;
    void answerWith(endpoint, response);
  });
  await listen(server, address);
  return { address: boundAddress(server), close: async () => close(server) };
}

async function answerWith(endpoint: Endpoint | undefined, response: ServerResponse): Promise<void> {
  try {
    const { status, body, contentType } = (await endpoint?.()) ?? NOT_FOUND;
    response.writeHead(status, { "content-type": contentType ?? NOT_FOUND.contentType }).end(body);
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
