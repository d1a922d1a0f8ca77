import { readFileSync } from "node:fs";
import {
  allowedAddressRanges,
  BaseUrl,
  ProxyRules,
  readCaBundle,
  type AddressRanges,
  type ContractMapping,
} from "@signatureapi-keys/management-api";
import { readContractMapping } from "@signatureapi-keys/management-api/mapping";
import * as z from "zod";
import { messageOf, ProviderError } from "./failure.ts";

/** Where the management API is, and how it is talked to. */
export interface ProviderConfig {
  /** The name of an explicit Provider; empty for the default one. */
  readonly providerName: string;
  readonly token: string;
  readonly baseUrl: string;
  readonly requestsPerSecond: number;
  /** Whether every address may be called: at a base URL that the author of the program has chosen. */
  readonly allowPrivateAddresses: boolean;
  /** Ranges of special addresses that the vendor's host may have. */
  readonly allowedRanges: AddressRanges;
  /** Which proxy leads to the API. */
  readonly proxies: ProxyRules;
  /** CAs that count besides those that Node trusts, as PEM. */
  readonly ca: readonly string[];
  /** What the API calls the things of the contract; `undefined` for what the contract calls them. */
  readonly contract: ContractMapping | undefined;
}

/** A value of the configuration by its full name, decrypted. */
export type ReadConfig = (name: string) => string | undefined;

const DEFAULT_BASE_URL = "https://api.signatureapi.com/v1";
const DEFAULT_REQUESTS_PER_SECOND = 10;
/** The vendor's limit on extended plans. */
const MOST_REQUESTS_PER_SECOND = 1_000;
/** The longest texts, in characters. */
const LONGEST_TOKEN = 16_384;
const LONGEST_URL = 2_048;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Puts the configuration together: what an explicit Provider was given wins, then the environment, then the stack's
 * configuration. The environment comes before the configuration because `refresh` and `destroy` replay the
 * configuration in the state: it is the way out when that token was revoked.
 * @throws ProviderError that names the setting that is missing or wrong, and never its value.
 */
export function readConfig(
  read: ReadConfig,
  env: Readonly<Record<string, string | undefined>>,
): ProviderConfig {
  const token =
    read("signatureapi:providerToken") ??
    text(env["SIGNATUREAPI_MANAGEMENT_TOKEN"]) ??
    text(read("signatureapi:managementToken"));
  if (token === undefined || token.trim() === "") {
    throw new ProviderError(
      "There is no management token. Set SIGNATUREAPI_MANAGEMENT_TOKEN, or run `pulumi config set --secret " +
        "signatureapi:managementToken`, or give the resource an explicit Provider.",
    );
  }
  if (token.length > LONGEST_TOKEN) {
    throw new ProviderError(
      `The management token has more than ${LONGEST_TOKEN} characters: set the token itself, and not the content of another file.`,
    );
  }
  const baseUrl =
    text(read("signatureapi:providerBaseUrl")) ?? text(read("signatureapi:baseUrl")) ?? DEFAULT_BASE_URL;
  checkBaseUrl(baseUrl);
  return {
    providerName: read("signatureapi:providerName") ?? "",
    token: token.trim(),
    baseUrl,
    requestsPerSecond: readRate(read("signatureapi:requestsPerSecond")),
    allowPrivateAddresses: new BaseUrl(baseUrl).origin !== new BaseUrl(DEFAULT_BASE_URL).origin,
    allowedRanges: setting("signatureapi:allowedAddressRanges", () =>
      allowedAddressRanges(readList(read("signatureapi:allowedAddressRanges"))),
    ),
    proxies: setting("The environment", () => new ProxyRules(env)),
    ca: setting("signatureapi:caBundle", () => readBundle(text(read("signatureapi:caBundle")))),
    contract: setting("signatureapi:contract", () => readContract(text(read("signatureapi:contract")))),
  };
}

/** @throws ProviderError that names the setting. */
function setting<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ProviderError(`${name} cannot be used: ${messageOf(error)}`);
  }
}

/** A list as `pulumi config set` stores it: with commas, or with --path as JSON. */
function readList(value = ""): readonly string[] {
  if (value.trimStart().startsWith("[")) {
    const parsed = z.array(z.string()).safeParse(JSON.parse(value));
    if (!parsed.success) throw new TypeError("it is no list of texts");
    return parsed.data;
  }
  return value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function readBundle(value: string | undefined): readonly string[] {
  return value === undefined ? [] : readCaBundle(value);
}

/** The mapping itself, as `pulumi config set --path` stores it, or the path of a file with it. */
function readContract(value: string | undefined): ContractMapping | undefined {
  if (value === undefined) return undefined;
  return readContractMapping(value.trimStart().startsWith("{") ? value : contentOf(value));
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw new TypeError(
      "it is neither a mapping nor a file that can be read. A path starts at the folder of the program.",
    );
  }
}

function text(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

function checkBaseUrl(baseUrl: string): void {
  if (baseUrl.length > LONGEST_URL)
    throw new ProviderError(`signatureapi:baseUrl must have at most ${LONGEST_URL} characters.`);
  const { protocol, hostname } = new URL(usableUrl(baseUrl).origin);
  if (protocol === "https:" || LOOPBACK.test(hostname)) return;
  throw new ProviderError(
    "signatureapi:baseUrl must be an https URL, such as https://api.signatureapi.com/v1; http only for this machine, " +
      "since the management token would be sent in the clear.",
  );
}

function usableUrl(baseUrl: string): BaseUrl {
  try {
    return new BaseUrl(baseUrl);
  } catch (error) {
    throw new ProviderError(
      `signatureapi:baseUrl must be an https URL, such as ${DEFAULT_BASE_URL}. ${messageOf(error)}`,
    );
  }
}

function readRate(value: string | undefined): number {
  if (value === undefined) return DEFAULT_REQUESTS_PER_SECOND;
  const parsed = z.coerce.number().min(0.1).max(MOST_REQUESTS_PER_SECOND).safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ProviderError("signatureapi:requestsPerSecond must be a number from 0.1 to 1000.");
}
