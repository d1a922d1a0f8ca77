import { request } from "node:https";

export interface HttpsRequest {
  readonly method?: string;
  /** The only certificate authority that is believed, as PEM text. */
  readonly ca: string;
  readonly token?: string;
  readonly body?: unknown;
  /** The whole exchange, in milliseconds. Default 10 s. */
  readonly timeoutMs?: number;
}

export interface HttpsResponse {
  readonly status: number;
  readonly body: string;
}

/** One HTTPS exchange with JSON in the body. Rejects when the connection, TLS or the time-out fails it. */
export async function httpsRequest(url: string, options: HttpsRequest): Promise<HttpsResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpsResponse>();
  const payload = options.body === undefined ? undefined : JSON.stringify(options.body);
  const outgoing = request(
    url,
    {
      method: options.method ?? "GET",
      ca: options.ca,
      agent: false,
      signal: AbortSignal.timeout(options.timeoutMs ?? 10_000),
      headers: {
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        ...(payload === undefined ? {} : { "content-type": "application/json" }),
      },
    },
    (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      response.on("error", reject);
    },
  );
  outgoing.on("error", reject);
  outgoing.end(payload);
  return promise;
}
