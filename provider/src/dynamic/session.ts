import {
  ManagementApiError,
  ManagementClient,
  ManagementToken,
  RateLimiter,
  type RateLimit,
  type Account,
  type ApiKey,
  type Clock,
} from "@signatureapi-keys/management-api";
import { readConfig, type ReadConfig } from "./config.ts";
import type { Remote } from "./diff.ts";
import type { EngineListens } from "./engine.ts";
import { accountChanged, ProviderError } from "./failure.ts";
import { Turns } from "./turns.ts";

/** What operations need of the world. */
export interface World {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly engineListens: EngineListens;
  /** Tells the user something that is no error. */
  readonly warn: (message: string) => void;
  /** Times retries and deadlines of requests; default the process's own. */
  readonly clock?: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** One account, as long as this process lives: client, account and listing are asked for once. */
export class Session {
  readonly world: World;
  readonly client: ManagementClient;
  /** The name of the explicit Provider that this is; empty for the default one. */
  readonly providerName: string;
  /**
   * As many mints at a time as requests in a second: a confirmation must not wait behind the requests of everybody else,
   * since it has to come in time.
   */
  readonly mints: Turns;
  #account: Promise<Account> | undefined;
  #accountSeen: Promise<Account> | undefined;
  #keysSeen: Promise<ReadonlyMap<string, ApiKey>> | undefined;
  #keys: Promise<ReadonlyMap<string, ApiKey>> | undefined;

  /** @throws ProviderError if the configuration does not do. */
  constructor(read: ReadConfig, world: World) {
    const { providerName, token, baseUrl, requestsPerSecond } = readConfig(read, world.env);
    const management = managementToken(token);
    this.world = world;
    this.providerName = providerName;
    this.mints = new Turns(Math.ceil(requestsPerSecond));
    this.client = new ManagementClient({
      baseUrl,
      token: () => management,
      limiter: new RateLimiter(within(requestsPerSecond)),
      // Who writes the program chooses the address, and runs it with rights of their own.
      allowPrivateAddresses: true,
      userAgent: "pulumi-signatureapi",
      ...(world.clock && { clock: world.clock }),
    });
  }

  /** The account of the token. A failure is not remembered. */
  account(): Promise<Account> {
    this.#account ??= this.client.getAccount().catch((error: unknown) => {
      this.#account = undefined;
      throw error;
    });
    return this.#account;
  }

  /**
   * What a comparison needs to know. It is asked for once and not for long, and a failure is remembered: a preview must not
   * wait for an API that is down, and again for each resource.
   *
   * @param suspects IDs of keys; the answer names those that still work.
   */
  async look(suspects: readonly string[]): Promise<Remote> {
    this.#accountSeen ??= this.client.getAccount({ signal: AbortSignal.timeout(LOOK_WITHIN_MS) });
    const account = await this.#accountSeen.catch(() => undefined);
    const { providerName } = this;
    if (account === undefined) return { providerName };
    this.#account ??= Promise.resolve(account);
    if (suspects.length === 0) return { providerName, accountId: account.id };
    this.#keysSeen ??= this.freshKeys(AbortSignal.timeout(LOOK_WITHIN_MS));
    const keys = await this.#keysSeen.catch(() => undefined);
    const live = keys && suspects.filter((id) => keys.has(id));
    return { providerName, accountId: account.id, ...(live && { suspects: live }) };
  }

  /**
   * The account, if it is the one that the state names: under another one, "not found" would read as "revoked".
   * @throws ProviderError `AccountChanged`
   */
  async verifiedAccount(accountId: string): Promise<Account> {
    const account = await this.account();
    if (account.id === accountId) return account;
    throw accountChanged(accountId, account.id);
  }

  /**
   * The unrevoked keys at some time since this process began: whatever an earlier process left behind is among them.
   * One listing serves all resources of an update.
   */
  keys(): Promise<ReadonlyMap<string, ApiKey>> {
    this.#keys ??= this.freshKeys().catch((error: unknown) => {
      this.#keys = undefined;
      throw error;
    });
    return this.#keys;
  }

  /** The unrevoked keys now. */
  async freshKeys(signal?: AbortSignal): Promise<ReadonlyMap<string, ApiKey>> {
    const { apiKeys } = await this.client.listAllApiKeys({ signal });
    return new Map(apiKeys.map((apiKey) => [apiKey.id, apiKey]));
  }

  /** A key, or `undefined` if it does not exist. Only under a verified account does that say that it is gone. */
  async find(keyId: string): Promise<ApiKey | undefined> {
    try {
      return await this.client.getApiKey(keyId);
    } catch (error) {
      if (error instanceof ManagementApiError && error.kind === "not-found") return undefined;
      throw error;
    }
  }
}

/**
 * A little less than what is allowed. Requests that leave at their times may arrive closer together, and a 429 costs a pause
 * of a second.
 */
function within(allowed: number): RateLimit {
  return { requestsPerSecond: allowed * 0.96, burst: Math.max(1, Math.floor(allowed * 0.9)) };
}

const LOOK_WITHIN_MS = 10_000;
const MOST_REFUSALS = 5;

/**
 * Sends a request that must not be repeated blindly, and again only when the API has refused it for its rate limit: a
 * documented refusal had no effect, and something else may be using the account. The limiter makes the pauses.
 * @throws ManagementApiError
 */
export async function whenAllowed<T>(request: () => Promise<T>): Promise<T> {
  for (let refusals = 0; ; refusals += 1) {
    try {
      return await request();
    } catch (error) {
      const refused =
        error instanceof ManagementApiError && error.kind === "too-many-requests" && error.effect === "none";
      if (!refused || refusals === MOST_REFUSALS) throw error;
    }
  }
}

function managementToken(token: string): ManagementToken {
  try {
    return ManagementToken.of(token);
  } catch (error) {
    throw new ProviderError(error instanceof Error ? error.message : "The management token cannot be used.");
  }
}
