import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { Problem } from "./problem.ts";

/** A server that runs. */
export interface RunningServer {
  /** `http://host:port` */
  readonly origin: string;
  /** Stops listening and cuts every connection. */
  close(): Promise<void>;
}

/** Listens. @throws the system's error, such as EADDRINUSE */
export async function listen(listener: RequestListener, host: string, port: number): Promise<RunningServer> {
  // Longer than any client keeps an idle connection, so that a client never meets a closing one by default.
  const server = createServer({ keepAliveTimeout: 60_000 }, listener);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, host, resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  const shown = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    origin: `http://${shown}:${address.port}`,
    close: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

const MAX_BODY_BYTES = 64 * 1024;

/** The body as text. @throws Problem request-too-large */
export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (size > MAX_BODY_BYTES)
    throw new Problem("request-too-large", `The body is larger than ${MAX_BODY_BYTES} bytes.`);
  return Buffer.concat(chunks).toString("utf8");
}
