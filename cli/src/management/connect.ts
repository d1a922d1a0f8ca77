import { DEFAULT_BASE_URL } from "@signatureapi-keys/controller/resources";
import {
  BaseUrl,
  ManagementApiError,
  ManagementClient,
  ManagementToken,
  ProxyRules,
  RateLimiter,
} from "@signatureapi-keys/management-api";
import { readFile } from "node:fs/promises";
import { CliError, UsageError } from "../errors.ts";
import type { Io } from "../io.ts";

/** What leads to a vendor account. */
export interface ManagementFlags {
  /** A file with the management token; `-` for standard input. */
  readonly tokenFile: string;
  /** Undefined for the vendor's. */
  readonly baseUrl: string | undefined;
}

/** Half of what the vendor allows: the controller of the account works meanwhile. */
const RATE = { requestsPerSecond: 5, burst: 5 } as const;

/**
 * A client of the management API. The token is read once; it is in no argument, no message and no output.
 *
 * @throws UsageError for a base URL that cannot be used; CliError for a token that cannot be read
 */
export async function connectManagement(
  { tokenFile, baseUrl = DEFAULT_BASE_URL }: ManagementFlags,
  io: Pick<Io, "stdin" | "env">,
  userAgent: string,
): Promise<ManagementClient> {
  const { origin } = usableBaseUrl(baseUrl);
  const token = await readToken(tokenFile, io);
  return new ManagementClient({
    baseUrl,
    token: () => token,
    limiter: new RateLimiter(RATE),
    // A host that the user names may have any address; the vendor's may not.
    allowPrivateAddresses: origin !== new URL(DEFAULT_BASE_URL).origin,
    proxies: proxiesOf(io.env),
    userAgent,
  });
}

function usableBaseUrl(text: string): BaseUrl {
  try {
    return new BaseUrl(text);
  } catch (error) {
    throw new UsageError(`--base-url: ${error instanceof Error ? error.message : "it cannot be used"}`);
  }
}

function proxiesOf(env: Io["env"]): ProxyRules {
  try {
    return new ProxyRules(env);
  } catch (error) {
    throw new CliError(error instanceof Error ? error.message : "the proxy cannot be used", { cause: error });
  }
}

async function readToken(file: string, { stdin }: Pick<Io, "stdin">): Promise<ManagementToken> {
  try {
    return ManagementToken.of(file === "-" ? await stdin.readAll() : await readFile(file));
  } catch (error) {
    const from = file === "-" ? "standard input" : file;
    if (error instanceof TypeError) throw new CliError(`${from}: ${error.message}`, { cause: error });
    const code = error instanceof Error && "code" in error ? String(error.code) : "it cannot be read";
    const next = "Write the token alone into a file that only you can read, and name it with --token-file.";
    throw new CliError(`the token cannot be read from ${from} (${code})`, { next, cause: error });
  }
}

/** Turns a failure of the management API into one for the user. Its message says what to do, and holds no token. */
export async function asked<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ManagementApiError)) throw error;
    throw new CliError(`could not ${what}: ${error.message}`, { cause: error });
  }
}
