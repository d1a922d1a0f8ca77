import { randomBytes } from "node:crypto";
import { parseJson } from "../client/answer.ts";
import { BaseUrl } from "../client/base-url.ts";
import { sleep, systemClock, type Clock } from "../client/clock.ts";
import { writeCredential } from "../client/credential.ts";
import type { Operation } from "../client/errors.ts";
import { exchange, ExchangeFailure, type ExchangeAnswer, type ExchangeRequest } from "../client/exchange.ts";
import type { ProxyRules } from "../client/proxy-rules.ts";
import { RateLimiter } from "../client/rate-limiter.ts";
import { routeTo, type Route } from "../client/route.ts";
import type { ContractMapping } from "../contract/mapping/schema.ts";
import { isRecord } from "../contract/mapping/move.ts";
import { CONTRACT_NAMES, wireNames, type WireNames } from "../contract/mapping/wire-names.ts";
import { apiKeyWithValueSchema, VALUE_CHARACTERS } from "../contract/schemas.ts";
import { KeyValue } from "../key-value.ts";
import { ManagementToken } from "../management-token.ts";
import { plainTextOf } from "../secret-value.ts";
import type { Observation } from "./seen.ts";

/** Where and how the check asks. */
export interface ProbeOptions {
  readonly baseUrl: string;
  /** Where the data plane is. Default: the base URL. */
  readonly dataPlaneUrl?: string | undefined;
  readonly token: ManagementToken;
  readonly contract?: ContractMapping | undefined;
  /** Certificates of CAs that count besides those that Node trusts, as PEM. */
  readonly ca?: readonly string[];
  readonly proxies?: ProxyRules | undefined;
  /** Default 5, half of what the vendor allows. */
  readonly requestsPerSecond?: number;
  /** How long a request may take, in milliseconds. Default 30,000. */
  readonly requestMs?: number;
  readonly clock?: Clock;
}

/** A request of the check. */
export interface Asked {
  readonly operation: Operation;
  readonly apiKeyId?: string;
  /** Added to the path: a query with its question mark. */
  readonly query?: string;
  /** Instead of the operation's path: a link that the API gave. */
  readonly url?: URL;
  readonly body?: object;
  /** Send a token that is none. */
  readonly wrongToken?: boolean;
  /** Whether it may be repeated after a lost connection or a 5xx. Default: reads are. */
  readonly repeat?: boolean;
}

const METHODS: Record<Operation, ExchangeRequest["method"]> = {
  getAccount: "GET",
  listApiKeys: "GET",
  getApiKey: "GET",
  createApiKey: "POST",
  updateApiKey: "PATCH",
  rollApiKey: "POST",
  revokeApiKey: "DELETE",
};

const CONNECT_MS = 10_000;
const MAX_ANSWER_BYTES = 1024 * 1024;
const TRIES = 4;
const FIRST_REPEAT_MS = 1_000;
const VALUE = new RegExp(`key_(test|live)_[${VALUE_CHARACTERS}]{8,}`);

/**
 * Sends single requests and gives back what was answered, whatever it is. A value in an answer is wrapped before anything
 * else sees it.
 */
export class Probe {
  readonly base: BaseUrl;
  readonly names: WireNames;
  /** Called with each answer, also with those that were repeated. */
  onAnswer: (answer: Observation) => void = () => {};
  readonly #options: ProbeOptions;
  readonly #dataPlane: BaseUrl;
  readonly #limiter: RateLimiter;
  readonly #clock: Clock;
  readonly #routes = new Map<string, Route>();

  /** @throws TypeError if a URL cannot be used. */
  constructor(options: ProbeOptions) {
    this.#options = options;
    this.base = new BaseUrl(options.baseUrl);
    this.#dataPlane = new BaseUrl(options.dataPlaneUrl ?? options.baseUrl);
    this.names = options.contract === undefined ? CONTRACT_NAMES : wireNames(options.contract);
    const { requestsPerSecond = 5 } = options;
    this.#limiter = new RateLimiter({ requestsPerSecond, burst: requestsPerSecond });
    this.#clock = options.clock ?? systemClock;
  }

  /** The time, in milliseconds since some fixed moment. */
  now(): number {
    return this.#clock.now();
  }

  wait(ms: number, signal?: AbortSignal): Promise<void> {
    return sleep(this.#clock, ms, signal);
  }

  /** Sends a management request. @throws ExchangeFailure if there is no answer; the signal's reason */
  async ask(asked: Asked, signal?: AbortSignal): Promise<Observation> {
    const { operation, apiKeyId, query = "", body } = asked;
    const url = asked.url ?? this.base.resolve(this.names.path(operation, apiKeyId) + query);
    const token = asked.wrongToken ? WRONG_TOKEN : this.#options.token;
    const { header, value } = writeCredential(token, this.names.authentication);
    const headers: Record<string, string> = { [header]: value };
    if (body !== undefined) headers["content-type"] = "application/json";
    const method = METHODS[operation];
    if (method === "POST") headers["idempotency-key"] = randomBytes(12).toString("hex");
    const sent = body === undefined ? undefined : JSON.stringify(this.names.request(operation, body));
    return this.#repeat(
      () => this.#send(this.base.origin, { method, path: url.pathname + url.search, headers, body: sent }),
      (answer) => this.#observe(operation, answer),
      { repeat: asked.repeat ?? method === "GET", signal },
    );
  }

  /** Asks the data plane whether it takes a value: the vendor's own way to try one. */
  async tryValue(value: KeyValue, signal?: AbortSignal): Promise<Observation> {
    const { pathname, search } = this.#dataPlane.resolve("/envelopes?limit=1");
    const headers = { "x-api-key": plainTextOf(value) };
    return this.#repeat(
      () => this.#send(this.#dataPlane.origin, { method: "GET", path: pathname + search, headers }),
      (answer) => this.#observe(undefined, answer),
      { repeat: true, signal },
    );
  }

  async close(): Promise<void> {
    await Promise.all([...this.#routes.values()].map(({ dispatcher }) => dispatcher.close()));
  }

  async #repeat(
    send: () => Promise<ExchangeAnswer>,
    observe: (answer: ExchangeAnswer) => Observation,
    { repeat, signal }: { repeat: boolean; signal: AbortSignal | undefined },
  ): Promise<Observation> {
    for (let retry = 0; ; retry += 1) {
      signal?.throwIfAborted();
      await this.#limiter.acquire({ signal });
      const last = retry === TRIES - 1;
      try {
        const seen = observe(await send());
        this.onAnswer(seen);
        // A 429 had no effect, so every request may be repeated after it.
        if (last || !(seen.status === 429 || (repeat && seen.status >= 500))) return seen;
      } catch (error) {
        if (last || !repeat || !(error instanceof ExchangeFailure) || !mayPass(error)) throw error;
      }
      await this.wait(FIRST_REPEAT_MS * 2 ** retry, signal);
    }
  }

  #send(
    origin: string,
    request: Pick<ExchangeRequest, "method" | "path" | "headers" | "body">,
  ): Promise<ExchangeAnswer> {
    const { dispatcher, explain } = this.#route(origin);
    const headers = {
      accept: "application/json, application/problem+json",
      "user-agent": "signatureapi-management",
      ...request.headers,
    };
    const { requestMs = 30_000 } = this.#options;
    const limits = { requestMs, maxBytes: MAX_ANSWER_BYTES, clock: this.#clock, explain };
    return exchange(dispatcher, { ...request, origin, headers }, limits);
  }

  #route(origin: string): Route {
    const known = this.#routes.get(origin);
    if (known !== undefined) return known;
    const { ca = [], proxies } = this.#options;
    const made = routeTo(origin, {
      connections: 1,
      connectMs: CONNECT_MS,
      // The user has chosen the address, and a token is sent to no other.
      addresses: { allowPrivateAddresses: true, allowedRanges: undefined },
      ca,
      proxies,
      lookup: undefined,
    });
    this.#routes.set(origin, made);
    return made;
  }

  #observe(operation: Operation | undefined, answer: ExchangeAnswer): Observation {
    const json = parseJson(answer, ["application/json", "application/problem+json"]);
    const named = this.#named(operation, answer.status, json);
    const mints = operation === "createApiKey" || operation === "rollApiKey";
    const { status, headers, body } = answer;
    const contentType = answer.contentType.split(";")[0]?.trim().toLowerCase() ?? "";
    const { key, ...rest } = isRecord(named) ? named : {};
    const common = { status, headers, contentType };
    if (!mints || typeof key !== "string" || key === "") {
      return {
        ...common,
        body: named,
        showsValue: hasField(named, "key") || VALUE.test(body.toString("utf8")),
      };
    }
    const value = KeyValue.of(key);
    const fits = apiKeyWithValueSchema.shape.key.safeParse(key).success;
    return { ...common, body: rest, minted: { value, fits, hint: key.slice(-4) }, showsValue: true };
  }

  #named(operation: Operation | undefined, status: number, json: unknown): unknown {
    if (operation === undefined) return json;
    return status >= 200 && status < 300 ? this.names.answer(operation, json) : this.names.problem(json);
  }
}

/** Whether a repeat may help; a certificate stays as it is. */
function mayPass({ transient, kind }: ExchangeFailure): boolean {
  return transient && kind !== "untrusted-certificate";
}

/** A token of the right form that no account has: it says what it is. */
const WRONG_TOKEN = ManagementToken.of(`contract-check-wrong-token-${"0".repeat(16)}`);

function hasField(body: unknown, name: string): boolean {
  if (Array.isArray(body)) return body.some((item) => hasField(item, name));
  if (!isRecord(body)) return false;
  return Object.entries(body).some(([field, value]) => field === name || hasField(value, name));
}
