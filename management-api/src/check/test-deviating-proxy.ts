import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import * as z from "zod";

const bodySchema = z.record(z.string(), z.unknown());

/** A request to the proxy. */
export interface Asked {
  readonly method: string;
  /** Below the base path, without its query. */
  path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
  /** How many requests came before this one. */
  readonly earlier: number;
}

/** An answer that can be altered. */
export interface Answered {
  status: number;
  headers: Record<string, string>;
  body: Record<string, unknown>;
  /** Instead of the body. */
  text?: string;
}

/** What one API does otherwise than the contract. */
export interface Deviation {
  /** Alters what is passed on; an answer means that nothing is. */
  readonly request?: (asked: Asked) => Answered | void;
  readonly answer?: (answer: Answered, asked: Asked) => void;
}

/** Puts an API that deviates before a server of the contract, which itself is never bent. Closed at the end of the test. */
export async function startDeviating(upstream: string, deviation: Deviation): Promise<string> {
  let earlier = 0;
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(`http://${request.headers.host}${request.url}`);
    const sent = await text(request);
    const asked: Asked = {
      method: request.method ?? "GET",
      path: url.pathname.replace(/^\/v1/, ""),
      query: url.searchParams,
      headers: { ...request.headers },
      body: sent === "" ? {} : bodySchema.parse(JSON.parse(sent)),
      earlier,
    };
    earlier += 1;
    const answer = deviation.request?.(asked) ?? (await forward(upstream, asked, url));
    deviation.answer?.(answer, asked);
    const body = answer.text ?? (Object.keys(answer.body).length === 0 ? "" : JSON.stringify(answer.body));
    response.writeHead(answer.status, answer.headers).end(answer.status === 204 ? "" : body);
  };
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port.");
  return `http://127.0.0.1:${address.port}/v1`;
}

const PASSED = ["authorization", "content-type", "x-api-key", "host", "idempotency-key"];

async function forward(
  upstream: string,
  { method, path, query, headers, body }: Asked,
  url: URL,
): Promise<Answered> {
  const passed = Object.fromEntries(
    PASSED.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  );
  const answer = await fetch(`${upstream}${path}${query.size === 0 ? "" : `?${query.toString()}`}`, {
    method,
    headers: passed,
    ...(Object.keys(body).length > 0 && { body: JSON.stringify(body) }),
    redirect: "manual",
  });
  // fetch sends its own Host, so links lead to the emulator: they must lead here.
  const received = (await answer.text()).replaceAll(upstream, `${url.origin}/v1`);
  const kept = ["content-type", "location", "retry-after"].flatMap((name) => {
    const value = answer.headers.get(name)?.replace(upstream, `${url.origin}/v1`);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    status: answer.status,
    headers: Object.fromEntries(kept),
    body: received === "" ? {} : bodySchema.parse(JSON.parse(received)),
  };
}
