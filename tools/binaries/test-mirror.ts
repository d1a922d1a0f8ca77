import { once } from "node:events";
import { type Server, createServer } from "node:http";

/** What a mirror does with one path. */
export type Answer =
  | { readonly body: Buffer | string }
  | { readonly status: number }
  /** Announces everything, sends half of it, and breaks the connection. */
  | { readonly cutOff: Buffer }
  /** Accepts the request and never answers. */
  | "silent"
  /** Sends half of it and then nothing more. */
  | { readonly stalls: Buffer };

/** A local download server. Close it with `close`. */
export interface Mirror {
  readonly url: string;
  /** The paths that were asked for, in their order. */
  readonly requests: readonly string[];
  readonly close: () => Promise<void>;
}

const half = (content: Buffer): Buffer => content.subarray(0, Math.ceil(content.length / 2));

/** Serves these answers by path; every other path is 404. */
export async function startMirror(answers: Readonly<Record<string, Answer>>): Promise<Mirror> {
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    const path = request.url ?? "";
    requests.push(path);
    const answer = answers[path] ?? { status: 404 };
    if (answer === "silent") return;
    if ("status" in answer) response.writeHead(answer.status).end();
    else if ("body" in answer) response.end(answer.body);
    else if ("cutOff" in answer) {
      response.writeHead(200, { "content-length": answer.cutOff.length });
      response.write(half(answer.cutOff), () => response.destroy());
    } else {
      response.writeHead(200, { "content-length": answer.stalls.length });
      response.write(half(answer.stalls));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server without a port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
