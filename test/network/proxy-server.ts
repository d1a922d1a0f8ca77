import { createServer, request, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { KeyPair } from "../cluster/certificates.ts";
import { listen } from "./listening.ts";

/** What a proxy does with a request. */
export interface ProxyBehaviour {
  /** The status that it answers instead of passing anything on; `hang` answers nothing. */
  readonly answer?: number | "hang";
  /** The user and password that it wants, as `user:password`. */
  readonly credentials?: string;
  /** Makes it speak TLS itself. */
  readonly tls?: KeyPair;
  /** Where it connects to, whatever name it is asked for: the DNS that only the proxy has. */
  readonly resolve?: (host: string) => string;
}

/** A proxy on this machine. */
export interface ProxyServer {
  readonly port: number;
  /** `host:port` */
  readonly address: string;
  /** `http://host:port`, or https. */
  readonly url: string;
  /** What was asked for, in order: `CONNECT host:port`, or `GET http://host:port/path`. */
  readonly seen: readonly string[];
  /** The headers of the requests to the proxy itself. */
  readonly headers: readonly IncomingMessage["headers"][];
}

/** Starts an HTTP proxy as companies have it: CONNECT for https, absolute URLs for http. It ends with the test. */
export async function startProxy(behaviour: ProxyBehaviour = {}): Promise<ProxyServer> {
  const seen: string[] = [];
  const headers: IncomingMessage["headers"][] = [];
  const sockets = new Set<Socket>();
  const { tls, resolve = (host: string) => host } = behaviour;
  const server: Server =
    tls === undefined ? createServer() : createTlsServer({ key: tls.key, cert: tls.certificate });
  const note = (incoming: IncomingMessage): number | "hang" | undefined => {
    seen.push(`${incoming.method} ${incoming.url}`);
    headers.push(incoming.headers);
    return behaviour.answer ?? (admits(behaviour, incoming) ? undefined : 407);
  };
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.on("connect", (incoming: IncomingMessage, client: Socket, head: Buffer) => {
    client.on("error", () => client.destroy());
    const status = note(incoming);
    if (status === "hang") return;
    if (status !== undefined) {
      client.end(`HTTP/1.1 ${status} Refused\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${incoming.url}`);
    const target = connect(Number(port === "" ? 80 : port), resolve(hostname.replace(/^\[|\]$/g, "")));
    sockets.add(target);
    target.on("error", () => client.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n"));
    target.on("connect", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      target.write(head);
      target.pipe(client).pipe(target);
    });
  });
  server.on("request", (incoming, outgoing) => {
    const status = note(incoming);
    if (status === "hang") return;
    if (status !== undefined) {
      outgoing.writeHead(status).end();
      return;
    }
    const url = new URL(incoming.url ?? "");
    const { "proxy-authorization": _mine, ...rest } = incoming.headers;
    const onward = request(
      {
        host: resolve(url.hostname),
        port: url.port,
        path: url.pathname + url.search,
        method: incoming.method,
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    for (const [name, value] of Object.entries(rest)) if (value !== undefined) onward.setHeader(name, value);
    onward.on("error", () => outgoing.writeHead(502).end());
    incoming.pipe(onward);
  });
  const port = await listen(server);
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => server.close(done));
  });
  const address = `127.0.0.1:${port}`;
  return { port, address, url: `${tls === undefined ? "http" : "https"}://${address}`, seen, headers };
}

function admits({ credentials }: ProxyBehaviour, { headers }: IncomingMessage): boolean {
  if (credentials === undefined) return true;
  return headers["proxy-authorization"] === `Basic ${Buffer.from(credentials).toString("base64")}`;
}
