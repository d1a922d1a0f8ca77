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
import { ProviderError } from "./failure.ts";

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
  readonly baseUrl: string;
  #account: Promise<Account> | undefined;
  #accountSeen: Promise<Account> | undefined;
  #keysSeen: Promise<ReadonlyMap<string, ApiKey>> | undefined;
  #keys: Promise<ReadonlyMap<string, ApiKey>> | undefined;

  /** @throws ProviderError if the configuration does not do. */
  constructor(read: ReadConfig, world: World) {
    const { token, baseUrl, requestsPerSecond } = readConfig(read, world.env);
    const management = managementToken(token);
    this.world = world;
    this.baseUrl = baseUrl;
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
    if (account === undefined) return {};
    if (suspects.length === 0) return { accountId: account.id };
    this.#keysSeen ??= this.freshKeys(AbortSignal.timeout(LOOK_WITHIN_MS));
    const keys = await this.#keysSeen.catch(() => undefined);
    return { accountId: account.id, ...(keys && { suspects: suspects.filter((id) => keys.has(id)) }) };
  }

  /**
   * The account, if it is the one that the state names: under another one, "not found" would read as "revoked".
   * @throws ProviderError `AccountChanged`
   */
  async verifiedAccount(accountId: string): Promise<Account> {
    const account = await this.account();
    if (account.id === accountId) return account;
    throw new ProviderError(
      `AccountChanged: the key belongs to account ${accountId}, and the management token now belongs to ${account.id}. ` +
        "Nothing was changed. Use a token of the first account; for resources in the second one, use an explicit Provider. " +
        "If the first account is lost, remove the resource from the state: pulumi state delete <URN>.",
    );
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
