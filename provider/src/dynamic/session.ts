import {
  ManagementApiError,
  ManagementClient,
  ManagementToken,
  RateLimiter,
  type Account,
  type ApiKey,
  type Clock,
} from "@signatureapi-keys/management-api";
import { readConfig, type ReadConfig } from "./config.ts";
import { ProviderError } from "./failure.ts";
import type { EngineListens } from "./engine.ts";

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
      limiter: new RateLimiter({ requestsPerSecond, burst: Math.max(1, requestsPerSecond) }),
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
  async freshKeys(): Promise<ReadonlyMap<string, ApiKey>> {
    const { apiKeys } = await this.client.listAllApiKeys();
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

function managementToken(token: string): ManagementToken {
  try {
    return ManagementToken.of(token);
  } catch (error) {
    throw new ProviderError(error instanceof Error ? error.message : "The management token cannot be used.");
  }
}
