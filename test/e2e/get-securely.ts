import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";

/** What a server of TLS answers. */
export interface SecureAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** One GET over TLS, on a connection of its own, from a client that believes every certificate. */
export async function getSecurely(
  address: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<SecureAnswer> {
  const outgoing = request(`https://${address}${path}`, { agent: false, rejectUnauthorized: false, headers });
  outgoing.end();
  const answered: readonly IncomingMessage[] = await once(outgoing, "response");
  const [response] = answered;
  let body = "";
  for await (const chunk of response?.setEncoding("utf8") ?? []) body += String(chunk);
  return { status: response?.statusCode ?? 0, body, headers: response?.headers ?? {} };
}
