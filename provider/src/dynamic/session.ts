import {
  ManagementApiError,
  ManagementClient,
  ManagementToken,
  RateLimiter,
  type Account,
  type ApiKey,
} from "@signatureapi-keys/management-api";
import { readConfig, type ReadConfig } from "./config.ts";
import { accountChanged, messageOf, ProviderError } from "./failure.ts";
import { rateWithin, Turns } from "./pacing.ts";
import type { Remote } from "./remote.ts";
import type { ManagementApi, Runtime } from "./runtime.ts";

/** One account, as long as this process lives: client, account and listing are asked for once. */
export class Session {
  readonly runtime: Runtime;
  readonly client: ManagementApi;
  /** The name of the explicit Provider that this is; empty for the default one. */
  readonly providerName: string;
  /**
   * As many mints at a time as requests in a second: a confirmation has to come in time, so it must not wait behind
   * the requests of all other resources.
   */
  readonly mints: Turns;
  #account: Promise<Account> | undefined;
  #accountSeen: Promise<Account> | undefined;
  #keysSeen: Promise<ReadonlyMap<string, ApiKey>> | undefined;
  #keys: Promise<ReadonlyMap<string, ApiKey>> | undefined;

  /** @throws ProviderError if the configuration is incomplete or wrong. */
  constructor(read: ReadConfig, runtime: Runtime) {
    const config = readConfig(read, runtime.env);
    const { providerName, token, baseUrl, requestsPerSecond } = config;
    const management = managementToken(token);
    this.runtime = runtime;
    this.providerName = providerName;
    this.mints = new Turns(Math.ceil(requestsPerSecond));
    const connect = runtime.connect ?? ((options) => new ManagementClient(options));
    this.client = connect({
      baseUrl,
      token: () => management,
      limiter: new RateLimiter(rateWithin(requestsPerSecond)),
      allowPrivateAddresses: config.allowPrivateAddresses,
      allowedRanges: config.allowedRanges,
      proxies: config.proxies,
      ca: config.ca,
      contract: config.contract,
      userAgent: "pulumi-signatureapi",
      ...(runtime.clock && { clock: runtime.clock }),
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
   * @param accountId the account that the state names; the keys of another one are not listed.
   */
  async look(accountId: string): Promise<Remote> {
    this.#accountSeen ??= this.client.getAccount({ signal: AbortSignal.timeout(LOOK_WITHIN_MS) });
    const account = await this.#accountSeen.catch(() => undefined);
    const { providerName } = this;
    if (account === undefined) return { providerName };
    this.#account ??= Promise.resolve(account);
    if (account.id !== accountId) return { providerName, accountId: account.id };
    this.#keysSeen ??= this.freshKeys(AbortSignal.timeout(LOOK_WITHIN_MS));
    const keys = await this.#keysSeen.catch(() => undefined);
    if (keys === undefined) return { providerName, accountId };
    this.#keys ??= Promise.resolve(keys);
    return { providerName, accountId, keys };
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
   * The unrevoked keys at some time since this process began: what an earlier process left behind is among them.
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

  /** A key, or `undefined` if it does not exist. Only under a verified account does that prove that it is gone. */
  async find(keyId: string): Promise<ApiKey | undefined> {
    try {
      return await this.client.getApiKey(keyId);
    } catch (error) {
      if (error instanceof ManagementApiError && error.kind === "not-found") return undefined;
      throw error;
    }
  }
}

const LOOK_WITHIN_MS = 10_000;

function managementToken(token: string): ManagementToken {
  try {
    return ManagementToken.of(token);
  } catch (error) {
    throw new ProviderError(messageOf(error));
  }
}
