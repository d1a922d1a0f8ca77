import type { IncomingHttpHeaders } from "node:http";
import * as z from "zod";
import type { Operation } from "../client/errors.ts";
import {
  createApiKeyRequestSchema,
  idempotencyKeySchema,
  updateApiKeyRequestSchema,
} from "../contract/schemas.ts";
import type { EmulatorConfig } from "./options.ts";
import { pageOf } from "./page.ts";
import type { StoredAccount } from "./persistence.ts";
import { Problem, ValidationProblem, type Answer } from "./problem.ts";
import { toWire, toWireAccount, type Store } from "./store.ts";

/** The management operations, and the one of the data plane that proves a key. */
export type EmulatedOperation = Operation | "listEnvelopes";

/** A request that belongs to a path of the contract. */
export interface RoutedRequest {
  readonly operation: EmulatedOperation;
  readonly url: URL;
  readonly apiKeyId: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Route {
  readonly pattern: RegExp;
  readonly methods: Readonly<Record<string, EmulatedOperation>>;
}

const ROUTES: readonly Route[] = [
  { pattern: /^\/account$/, methods: { GET: "getAccount" } },
  { pattern: /^\/api-keys$/, methods: { GET: "listApiKeys", POST: "createApiKey" } },
  {
    pattern: /^\/api-keys\/([^/]+)$/,
    methods: { GET: "getApiKey", PATCH: "updateApiKey", DELETE: "revokeApiKey" },
  },
  { pattern: /^\/api-keys\/([^/]+)\/roll$/, methods: { POST: "rollApiKey" } },
  { pattern: /^\/envelopes$/, methods: { GET: "listEnvelopes" } },
];

/** The operation of a path below the base path. @throws Problem not-found or method-not-allowed */
export function route(method: string, path: string): { operation: EmulatedOperation; apiKeyId: string } {
  for (const { pattern, methods } of ROUTES) {
    const match = pattern.exec(path);
    if (match === null) continue;
    const operation = methods[method];
    if (operation === undefined) {
      const allow = Object.keys(methods).join(", ");
      throw new Problem("method-not-allowed", `This path takes ${allow}.`, { allow });
    }
    return { operation, apiKeyId: decode(match[1] ?? "") };
  }
  throw new Problem("not-found", "There is no such path.");
}

/** The account and the role that a request's bearer token belongs to. */
export function authenticate(
  store: Store,
  headers: IncomingHttpHeaders,
): ReturnType<Store["accountOfToken"]> {
  const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
  return token === undefined ? undefined : store.accountOfToken(token);
}

interface Context {
  readonly store: Store;
  readonly config: EmulatorConfig;
  readonly account: StoredAccount;
  readonly request: RoutedRequest;
}

const HANDLERS: Record<Operation, (context: Context) => Answer> = {
  getAccount: ({ account }) => ({ status: 200, body: toWireAccount(account) }),
  listApiKeys: (context) => ({ status: 200, body: list(context) }),
  getApiKey: ({ store, account, request }) => ({
    status: 200,
    body: toWire(store.key(account.id, request.apiKeyId)),
  }),
  createApiKey: ({ store, account, request }) => {
    checkPermission(account);
    checkIdempotencyKey(request.headers);
    const created = store.createKey(account.id, readBody(request, createApiKeyRequestSchema));
    const location = `${request.url.origin}${request.url.pathname}/${created.id}`;
    return { status: 201, headers: { location }, body: created };
  },
  updateApiKey: ({ store, account, request }) => {
    checkPermission(account);
    const changes = readBody(request, updateApiKeyRequestSchema);
    return { status: 200, body: store.updateKey(account.id, request.apiKeyId, changes) };
  },
  rollApiKey: ({ store, account, request }) => {
    checkPermission(account);
    checkIdempotencyKey(request.headers);
    return { status: 200, body: store.rollKey(account.id, request.apiKeyId) };
  },
  revokeApiKey: ({ store, account, request }) => {
    checkPermission(account);
    store.revokeKey(account.id, request.apiKeyId);
    return { status: 204 };
  },
};

/** Carries out a management operation for an account. @throws Problem, ValidationProblem */
export function perform(operation: Operation, context: Context): Answer {
  return HANDLERS[operation](context);
}

/** The data plane: whether a key works. It does not count for the rate limit. @throws Problem invalid-api-key */
export function listEnvelopes(store: Store, headers: IncomingHttpHeaders): Answer {
  const value = headers["x-api-key"];
  const mode = typeof value === "string" ? store.modeOfValue(value) : undefined;
  if (mode === undefined) throw new Problem("invalid-api-key", "The API key is wrong or was revoked.");
  return { status: 200, body: { mode, links: { next: null, previous: null }, data: [] } };
}

function list({ store, config, account, request }: Context): object {
  const active = store.keysOf(account.id).filter((key) => key.revokedAt === null);
  const listedSince = Date.now() - config.listLagMs;
  const listed =
    config.listLagMs === 0 ? active : active.filter((key) => Date.parse(key.createdAt) <= listedSince);
  return pageOf(listed, request.url, config.pageSize);
}

function checkPermission(account: StoredAccount): void {
  if (!account.permissions.includes("manage_api_keys")) {
    throw new Problem("forbidden", "This needs the permission Manage API keys.");
  }
}

/** The header is checked and then ignored: the vendor documents no idempotency. */
function checkIdempotencyKey(headers: IncomingHttpHeaders): void {
  const key = headers["idempotency-key"];
  if (key !== undefined && !idempotencyKeySchema.safeParse(key).success) {
    throw new ValidationProblem(["Idempotency-Key must be 1 to 255 visible ASCII characters"]);
  }
}

function readBody<Output>(request: RoutedRequest, schema: z.ZodType<Output>): Output {
  if (!/^application\/json\s*(;|$)/i.test(request.headers["content-type"] ?? "")) {
    throw new ValidationProblem(["Content-Type must be application/json"]);
  }
  let json: unknown;
  try {
    json = JSON.parse(request.body);
  } catch {
    throw new ValidationProblem(["the body is not JSON"]);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new ValidationProblem(
    parsed.error.issues.map(({ path, message }) => `${path.map(String).join(".") || "body"}: ${message}`),
  );
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new Problem("not-found", "There is no such path.");
  }
}
