import type { LookupFunction } from "node:net";
import * as z from "zod";
import {
  accountSchema,
  apiKeyIdSchema,
  apiKeyListSchema,
  apiKeySchema,
  apiKeyWithValueSchema,
  type Mode,
  type WireApiKeyWithValue,
} from "../contract/schemas.ts";
import type { ContractMapping } from "../contract/mapping/schema.ts";
import { CONTRACT_NAMES, wireNames, type WireNames } from "../contract/mapping/wire-names.ts";
import { KeyValue } from "../key-value.ts";
import type { ManagementToken } from "../management-token.ts";
import type { AddressRanges } from "./address-ranges.ts";
import { BaseUrl } from "./base-url.ts";
import { send, type Call, type CallContext, type CallOptions, type RequestInfo } from "./call.ts";
import { systemClock, type Clock } from "./clock.ts";
import { checkAuthentication, type Authentication } from "./credential.ts";
import { ManagementApiError, type Operation } from "./errors.ts";
import { toAccount, toApiKey, toListedApiKey, type Account, type ApiKey } from "./model.ts";
import type { ProxyRules } from "./proxy-rules.ts";
import type { RequestLimiter } from "./rate-limiter.ts";
import { redact } from "./redact.ts";
import { routeTo } from "./route.ts";

export interface ManagementClientOptions {
  /** Where the API is, with its path prefix: `https://api.signatureapi.com/v1`. */
  readonly baseUrl: string;
  /** Asked before every request, so that a rotated token needs no restart. */
  readonly token: () => ManagementToken;
  /** Default: what `contract` says, else `Authorization: Bearer <token>`. */
  readonly authentication?: Authentication;
  /** What the API calls the things of the contract. Default: what the contract calls them. */
  readonly contract?: ContractMapping | undefined;
  /** Shared by everything that works on one account. */
  readonly limiter: RequestLimiter;
  /** In milliseconds: for a whole request (default 30,000), and for the connection within it (default 10,000). */
  readonly deadlines?: { readonly requestMs?: number; readonly connectMs?: number };
  /** Whether private, loopback, link-local and other special addresses may be called. Default false. */
  readonly allowPrivateAddresses?: boolean;
  /** Ranges of special addresses that may be called nevertheless; none opens this machine or a metadata service. */
  readonly allowedRanges?: AddressRanges | undefined;
  /** Which proxy leads to the API. Default none. What only the proxy resolves is not judged by its address. */
  readonly proxies?: ProxyRules | undefined;
  /** Certificates of CAs, as PEM, that count besides those that Node trusts. */
  readonly ca?: readonly string[] | undefined;
  /** How often an idempotent call is repeated. Default 5 (vendor's documentation). */
  readonly retries?: number;
  /** The largest list of keys, in bytes of all its pages together. Default 64 MiB. */
  readonly maxListBytes?: number;
  readonly clock?: Clock;
  /** From 0 to below 1; spreads retries. */
  readonly random?: () => number;
  readonly userAgent?: string;
  /** Called after every HTTP request, for metrics. */
  readonly onRequest?: (info: RequestInfo) => void;
  /** Replaces the system's resolver. */
  readonly lookup?: LookupFunction;
}

/** An answer of create or roll: the one time that the value is seen. */
export interface MintedApiKey {
  readonly apiKey: ApiKey;
  readonly value: KeyValue;
}

export interface ApiKeyPage {
  readonly apiKeys: readonly ApiKey[];
}

/**
 * The rate limiter bounds how much is under way. A narrow pool would only make a request wait in it, behind a server
 * that hangs, after the time by which it had to be sent.
 */
const CONNECTIONS = 128;
/** 100,000 keys: a list that goes on beyond this is taken for one that never ends. */
const MAX_PAGES = 5_000;
/** So many keys with a description of the longest that the contract knows have about 60 MB. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;

/**
 * A client of the management contract for one account. Every method rejects with a `ManagementApiError` and nothing
 * else. Reads, `updateApiKey` and `revokeApiKey` are repeated on transient failures; `createApiKey` and `rollApiKey`
 * are sent at most once.
 */
export class ManagementClient {
  readonly #base: BaseUrl;
  readonly #names: WireNames;
  readonly #context: CallContext;
  readonly #maxListBytes: number;

  /** @throws TypeError if the base URL or the authentication header cannot be used. */
  constructor(options: ManagementClientOptions) {
    this.#names = options.contract === undefined ? CONTRACT_NAMES : wireNames(options.contract);
    const { deadlines = {}, authentication = this.#names.authentication } = options;
    checkAuthentication(authentication);
    this.#base = new BaseUrl(options.baseUrl);
    this.#maxListBytes = options.maxListBytes ?? MAX_LIST_BYTES;
    this.#context = {
      origin: this.#base.origin,
      route: routeTo(this.#base.origin, {
        connections: CONNECTIONS,
        connectMs: deadlines.connectMs ?? 10_000,
        addresses: {
          allowPrivateAddresses: options.allowPrivateAddresses ?? false,
          allowedRanges: options.allowedRanges,
        },
        ca: options.ca ?? [],
        proxies: options.proxies,
        lookup: options.lookup,
      }),
      token: options.token,
      authentication,
      names: this.#names,
      limiter: options.limiter,
      requestMs: deadlines.requestMs ?? 30_000,
      retries: options.retries ?? 5,
      clock: options.clock ?? systemClock,
      random: options.random ?? Math.random,
      userAgent: options.userAgent ?? "signatureapi-keys",
      onRequest: options.onRequest ?? (() => {}),
    };
  }

  /** The account that the token belongs to. */
  async getAccount(options: CallOptions = {}): Promise<Account> {
    const call = this.#call("getAccount", "GET", accountSchema);
    return toAccount(await send(this.#context, call, options));
  }

  /**
   * The unrevoked keys, newest first, page by page. What comes and goes meanwhile may be missing or come twice:
   * absence proves nothing without `getApiKey`. Of a description that is longer than any of the contract, the end is
   * given, where a tag is. A list of too many pages or bytes rejects with `answer-too-large`.
   */
  async *listApiKeys(options: CallOptions & { mode?: Mode } = {}): AsyncGenerator<ApiKeyPage, void, void> {
    let url = this.#base.resolve(this.#names.path("listApiKeys") + this.#names.listQuery(options));
    const seen = new Set<string>();
    let total = 0;
    const received = (bytes: number): void => {
      total += bytes;
      if (total > this.#maxListBytes) throw tooManyBytes(this.#maxListBytes);
    };
    for (;;) {
      seen.add(url.href);
      const call = {
        ...this.#call("listApiKeys", "GET", apiKeyListSchema),
        path: url.pathname + url.search,
        received,
      };
      const page = await send(this.#context, call, options);
      const next = this.#nextPage(page.links.next, url, seen);
      yield { apiKeys: page.data.map(toListedApiKey) };
      if (next === undefined) return;
      url = next;
    }
  }

  /** All unrevoked keys, each once. Rejects unless every page was read. */
  async listAllApiKeys(options: CallOptions & { mode?: Mode } = {}): Promise<{ apiKeys: ApiKey[] }> {
    const byId = new Map<string, ApiKey>();
    for await (const page of this.listApiKeys(options)) {
      for (const apiKey of page.apiKeys) byId.set(apiKey.id, apiKey);
    }
    return { apiKeys: [...byId.values()] };
  }

  /** One key, revoked or not. */
  async getApiKey(id: string, options: CallOptions = {}): Promise<ApiKey> {
    return toApiKey(await send(this.#context, this.#keyCall("getApiKey", "GET", id, apiKeySchema), options));
  }

  /**
   * Creates a key, at most once. With `effect: "unknown"` one may exist that nobody has seen the value of: find it by
   * its description. `wrong-mode` and `malformed-answer` name it in `apiKeyId` where the answer did.
   */
  async createApiKey(
    options: CallOptions & { mode: Mode; description: string; idempotencyKey: string },
  ): Promise<MintedApiKey> {
    const { mode, description, idempotencyKey } = options;
    const call = {
      ...this.#call("createApiKey", "POST", apiKeyWithValueSchema),
      body: { mode, description },
      idempotencyKey,
      statuses: [201],
      once: true,
      salvageId,
    };
    return toMinted(call.operation, await send(this.#context, call, options), mode);
  }

  /** Replaces the description. With `once` it is sent once, whatever happens: no effect comes later than its deadline. */
  async updateApiKey(
    id: string,
    options: CallOptions & { description: string; once?: boolean },
  ): Promise<ApiKey> {
    const { description, once = false } = options;
    const call = {
      ...this.#keyCall("updateApiKey", "PATCH", id, apiKeySchema),
      body: { description },
      once,
    };
    return toApiKey(await send(this.#context, call, options));
  }

  /**
   * Gives a key a new value, at most once; the old one stops at once. The ID stays. `mode` is the one that the key has: a
   * value of the other one is `wrong-mode`, even where the answer agrees with itself.
   */
  async rollApiKey(
    id: string,
    options: CallOptions & { mode: Mode; idempotencyKey?: string },
  ): Promise<MintedApiKey> {
    const call = {
      ...this.#keyCall("rollApiKey", "POST", id, apiKeyWithValueSchema),
      idempotencyKey: options.idempotencyKey,
      once: true,
      salvageId,
    };
    return toMinted(call.operation, await send(this.#context, call, options), options.mode);
  }

  /**
   * Revokes a key for good. Succeeds also if it does not exist, so under a verified account only: another account's
   * token would make every key "already revoked".
   */
  async revokeApiKey(id: string, options: CallOptions = {}): Promise<{ alreadyRevoked: boolean }> {
    const call = { ...this.#keyCall("revokeApiKey", "DELETE", id, z.unknown()), statuses: [204] };
    try {
      await send(this.#context, call, options);
      return { alreadyRevoked: false };
    } catch (error) {
      if (error instanceof ManagementApiError && error.kind === "not-found") return { alreadyRevoked: true };
      throw error;
    }
  }

  /** Lets running calls finish and closes the connections. */
  async close(): Promise<void> {
    await this.#context.route.dispatcher.close();
  }

  #call<Schema extends z.ZodType>(
    operation: Operation,
    method: Call<Schema>["method"],
    answer: Schema,
    apiKeyId?: string,
  ): Call<Schema> {
    const path = this.#base.path + this.#names.path(operation, apiKeyId);
    return { operation, method, path, statuses: [200], answer };
  }

  #keyCall<Schema extends z.ZodType>(
    operation: Operation,
    method: Call<Schema>["method"],
    id: string,
    answer: Schema,
  ): Call<Schema> {
    checkId(operation, id);
    return { ...this.#call(operation, method, answer, id), apiKeyId: id };
  }

  #nextPage(link: string | null, from: URL, seen: ReadonlySet<string>): URL | undefined {
    if (link === null) return undefined;
    const next = this.#base.follow(link, from);
    if (next === undefined)
      throw listFailure("foreign-link", "The link to the next page leads away from the base URL.");
    if (seen.has(next.href))
      throw listFailure("malformed-answer", "The link to the next page leads back to an earlier one.");
    if (seen.size >= MAX_PAGES)
      throw listFailure("answer-too-large", `The list has more than ${MAX_PAGES} pages.`);
    return next;
  }
}

function tooManyBytes(most: number): ManagementApiError {
  const reason = `The list of keys has more than ${most} bytes. If the account has very many keys, revoke those that are not needed.`;
  return listFailure("answer-too-large", reason);
}

function listFailure(
  kind: "foreign-link" | "malformed-answer" | "answer-too-large",
  reason: string,
): ManagementApiError {
  return new ManagementApiError({ kind, operation: "listApiKeys", effect: "none", reason });
}

/** Refuses what cannot be an ID before it gets into a URL: a key's value pasted as one, or a path segment like `..`. */
function checkId(operation: Operation, id: string): void {
  if (apiKeyIdSchema.safeParse(id).success && redact(id) === id && id !== "." && id !== "..") return;
  throw new ManagementApiError({
    kind: "validation-error",
    operation,
    effect: "none",
    reason:
      "What was given as the ID of an API key is not one; it may be the value of a key. Nothing was sent.",
  });
}

function salvageId(body: unknown): string | undefined {
  const parsed = z.looseObject({ id: apiKeyIdSchema }).safeParse(body);
  return parsed.success && redact(parsed.data.id) === parsed.data.id ? parsed.data.id : undefined;
}

/** @throws ManagementApiError `wrong-mode`, with the ID and without the value, if the prefix is not the mode's. */
function toMinted(operation: Operation, wire: WireApiKeyWithValue, mode: Mode): MintedApiKey {
  const value = KeyValue.of(wire.key);
  if (wire.mode === mode && value.mode === mode) return { apiKey: toApiKey(wire), value };
  throw new ManagementApiError({
    kind: "wrong-mode",
    operation,
    effect: "unknown",
    status: operation === "createApiKey" ? 201 : 200,
    apiKeyId: salvageId(wire),
    reason: `The key in the answer is not a ${mode} key.`,
  });
}
