import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod";

/**
 * Puts a server of the contract behind other names: paths, the header of the token, parameters, fields, values and slugs.
 * It knows the names by heart and shares no code with the mapping, which must agree with it.
 */

/** The mapping that makes a client understand the proxy. */
export const OTHER_NAMES = {
  authentication: { header: "X-Management-Token", scheme: "Token" },
  paths: {
    getAccount: "/me",
    listApiKeys: "/credentials",
    createApiKey: "/credentials/new",
    getApiKey: "/credentials/{id}",
    updateApiKey: "/credentials/{id}/label",
    rollApiKey: "/credentials/{id}/rotation",
    revokeApiKey: "/credentials/{id}",
  },
  fields: {
    account: { id: "account.uid", name: "account.title", live_mode: "live", permissions: "scopes" },
    key: {
      id: "uid",
      description: "label",
      mode: "environment",
      status: "state",
      created_at: "created",
      revoked_at: "ended",
      hint: "last_four",
      key: "secret.value",
    },
    list: { data: "items", "links.next": "paging.next", "links.previous": "paging.previous" },
    problem: { detail: "message", errors: "mistakes" },
    create: { mode: "environment", description: "label" },
    update: { description: "label" },
    query: { limit: "page_size", mode: "environment" },
  },
  values: {
    mode: { test: "sandbox", live: "production" },
    status: { active: "usable", revoked: "ended" },
    live_mode: { enabled: "open", disabled: "closed" },
    permissions: { manage_api_keys: "credentials.write" },
  },
  problems: {
    "invalid-token": "bad-credentials",
    "not-found": "no-such-credential",
    "test-key-exists": "sandbox-key-exists",
    "validation-error": "unprocessable",
  },
} as const;

/** A proxy that runs. */
export interface RenamingProxy {
  /** The base URL for clients. */
  readonly url: string;
  /** What was requested under a name that the proxy does not have: method and path. */
  readonly strangers: readonly string[];
  close(): Promise<void>;
}

/** Starts the proxy before a server of the contract with this base URL. `port` 0 takes a free one. */
export async function startRenamingProxy(upstream: string, port = 0): Promise<RenamingProxy> {
  const strangers: string[] = [];
  const server = createServer((request, response) => {
    handle(upstream, request, response, strangers).catch(() => response.destroy());
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port.");
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    strangers,
    close: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

const ROUTES: readonly [method: string, theirs: RegExp, ours: string][] = [
  ["GET", /^\/v1\/me$/, "/account"],
  ["GET", /^\/v1\/credentials$/, "/api-keys"],
  ["POST", /^\/v1\/credentials\/new$/, "/api-keys"],
  ["GET", /^\/v1\/credentials\/([^/]+)$/, "/api-keys/$1"],
  ["PATCH", /^\/v1\/credentials\/([^/]+)\/label$/, "/api-keys/$1"],
  ["POST", /^\/v1\/credentials\/([^/]+)\/rotation$/, "/api-keys/$1/roll"],
  ["DELETE", /^\/v1\/credentials\/([^/]+)$/, "/api-keys/$1"],
  // The data plane has one set of names.
  ["GET", /^\/v1\/envelopes$/, "/envelopes"],
];

async function handle(
  upstream: string,
  request: IncomingMessage,
  response: ServerResponse,
  strangers: string[],
): Promise<void> {
  const { method = "GET", headers } = request;
  const url = new URL(`http://${headers.host}${request.url}`);
  const route = ROUTES.find(([wanted, theirs]) => wanted === method && theirs.test(url.pathname));
  const plain = route?.[2] !== "/envelopes" && ["limit", "mode"].some((name) => url.searchParams.has(name));
  if (route === undefined || plain) {
    strangers.push(`${method} ${request.url}`);
    response.writeHead(404, { "content-type": "text/plain" }).end("no such name");
    return;
  }
  const path = url.pathname.replace(route[1], route[2]) + queryToOurs(url.searchParams);
  const token = /^Token (\S+)$/.exec(String(headers["x-management-token"]))?.[1];
  const body = await text(request);
  const passed = await fetch(upstream + path, {
    method,
    headers: {
      ...copied(headers, ["content-type", "idempotency-key", "x-api-key"]),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body !== "" && { body: JSON.stringify(requestToOurs(bodySchema.parse(JSON.parse(body)))) }),
    redirect: "manual",
  });
  const answer = await passed.text();
  const own = `http://${headers.host}/v1`;
  const out =
    answer === "" ? "" : JSON.stringify(answerToTheirs(bodySchema.parse(JSON.parse(answer)), upstream, own));
  const location = passed.headers.get("location");
  response.writeHead(passed.status, {
    ...(answer !== "" && { "content-type": passed.headers.get("content-type") ?? "" }),
    ...(location !== null && { location: linkToTheirs(location, upstream, own) }),
  });
  response.end(out);
}

const bodySchema = z.record(z.string(), z.unknown());
type Body = z.infer<typeof bodySchema>;
const listSchema = z.looseObject({
  data: z.array(bodySchema),
  links: z.object({ next: z.string().nullable(), previous: z.string().nullable() }),
});
const wordsSchema = z.array(z.string());

function copied(headers: IncomingMessage["headers"], names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  );
}

function queryToOurs(query: URLSearchParams): string {
  const ours = new URLSearchParams();
  for (const [name, value] of query) {
    if (name === "page_size") ours.set("limit", value);
    else if (name === "environment")
      ours.set("mode", { sandbox: "test", production: "live" }[value] ?? value);
    else ours.set(name, value);
  }
  return ours.size === 0 ? "" : `?${ours.toString()}`;
}

function requestToOurs({ environment, label, ...rest }: Body): Body {
  const mode = environment === "production" ? "live" : environment === "sandbox" ? "test" : environment;
  return {
    ...rest,
    ...(environment !== undefined && { mode }),
    ...(label !== undefined && { description: label }),
  };
}

function answerToTheirs(body: Body, upstream: string, own: string): Body {
  if ("data" in body && "mode" in body) return body;
  if ("data" in body) {
    const { data, links } = listSchema.parse(body);
    const link = (to: string | null) => (to === null ? null : linkToTheirs(to, upstream, own));
    return {
      items: data.map(keyToTheirs),
      paging: { next: link(links.next), previous: link(links.previous) },
    };
  }
  if ("title" in body) return problemToTheirs(body);
  return "live_mode" in body ? accountToTheirs(body) : keyToTheirs(body);
}

function linkToTheirs(link: string, upstream: string, own: string): string {
  return link
    .replace(upstream, own)
    .replace("/api-keys", "/credentials")
    .replace("limit=", "page_size=")
    .replace("mode=test", "environment=sandbox")
    .replace("mode=live", "environment=production");
}

function keyToTheirs(key: Body): Body {
  return {
    uid: key["id"],
    label: key["description"],
    environment: key["mode"] === "live" ? "production" : "sandbox",
    state: key["status"] === "active" ? "usable" : "ended",
    created: key["created_at"],
    ended: key["revoked_at"],
    last_four: key["hint"],
    ...(key["key"] !== undefined && { secret: { value: key["key"] } }),
  };
}

function accountToTheirs(account: Body): Body {
  return {
    account: { uid: account["id"], title: account["name"] },
    live: { enabled: "open", disabled: "closed" }[String(account["live_mode"])] ?? account["live_mode"],
    scopes: wordsSchema
      .parse(account["permissions"])
      .map((one) => (one === "manage_api_keys" ? "credentials.write" : one)),
  };
}

const SLUGS: Readonly<Record<string, string>> = {
  "invalid-token": "bad-credentials",
  "not-found": "no-such-credential",
  "test-key-exists": "sandbox-key-exists",
  "validation-error": "unprocessable",
};

function problemToTheirs({ detail, errors, type, ...rest }: Body): Body {
  const slug = String(type).split("/").at(-1) ?? "";
  return {
    ...rest,
    type: String(type).replace(slug, SLUGS[slug] ?? slug),
    ...(detail !== undefined && { message: detail }),
    ...(errors !== undefined && { mistakes: errors }),
  };
}
