import { readFileSync } from "node:fs";
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { BaseUrl } from "../client/base-url.ts";
import { readCaBundle } from "../client/ca-bundle.ts";
import { ProxyRules } from "../client/proxy-rules.ts";
import { ContractMappingError, readContractMapping } from "../contract/mapping/read.ts";
import type { ContractMapping } from "../contract/mapping/schema.ts";
import { ManagementToken } from "../management-token.ts";

/** A mistake in the command line: the message says which flag and what it takes, and never quotes a token. */
export class CheckFlagError extends Error {
  override readonly name = "CheckFlagError";
}

/** What the command line asks for. */
export interface CheckFlags {
  readonly baseUrl: string;
  readonly dataPlaneUrl: string | undefined;
  readonly token: ManagementToken;
  readonly contract: ContractMapping | undefined;
  readonly ca: readonly string[];
  readonly proxies: ProxyRules;
  readonly createTestKey: boolean;
  readonly requestsPerSecond: number;
  readonly output: "table" | "json";
  readonly report: string | undefined;
}

const FLAGS = {
  "base-url": { type: "string" },
  "data-plane-url": { type: "string" },
  "token-file": { type: "string" },
  contract: { type: "string" },
  "ca-file": { type: "string" },
  "create-test-key": { type: "boolean" },
  "requests-per-second": { type: "string" },
  output: { type: "string" },
  report: { type: "string" },
  help: { type: "boolean" },
} as const satisfies ParseArgsOptionsConfig;

export const CHECK_HELP = `Usage: signatureapi-management check [flags]

Compares a management API with the contract that signatureapi-keys rests on (docs/contract.md), row by row. Without
--create-test-key it sends reads only.

The token comes from --token-file, SIGNATUREAPI_MANAGEMENT_TOKEN or standard input, in this order.

  --base-url URL           where the API is (default https://api.signatureapi.com/v1)
  --data-plane-url URL     where keys are used, to see whether a value works (default: the base URL)
  --token-file FILE        the file that holds the management token; - for standard input
  --contract FILE          a mapping of names, if the API has other names than the contract
  --ca-file FILE           CA certificates, as PEM, that are trusted too
  --create-test-key        create a test key, change, roll and revoke it. It is refused if the account has one. What was
                           created is revoked at the end, also after a failure or Ctrl-C. Live keys are never created.
  --requests-per-second N  the pace, 0.1 to 10 (default 5)
  --output table|json      what is printed (default table)
  --report FILE            write a report that can be sent to the project: without token, values, IDs, descriptions, names
  --help                   print this

Exit codes: 0 all rows that were tried hold, 1 something differs or a key is left, 2 a flag cannot be used,
3 the API cannot be reached or refuses the token.
`;

const DEFAULT_BASE_URL = "https://api.signatureapi.com/v1";
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
const SLOWEST = 0.1;
const FASTEST = 10;

/**
 * Reads the command line, without node and the subcommand.
 *
 * @param readStdin the text of standard input; `undefined` if it is a terminal.
 * @returns `"help"` if it is requested.
 * @throws CheckFlagError
 */
export function readCheckFlags(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  readStdin: () => string | undefined,
): CheckFlags | "help" {
  const values = parse(args);
  if (values.help === true) return "help";
  const { output = "table" } = values;
  if (output !== "table" && output !== "json") throw new CheckFlagError("--output is table or json.");
  const pace = Number(values["requests-per-second"] ?? 5);
  if (!(pace >= SLOWEST && pace <= FASTEST))
    throw new CheckFlagError(`--requests-per-second takes a number from ${SLOWEST} to ${FASTEST}.`);
  return {
    baseUrl: url("base-url", values["base-url"] ?? DEFAULT_BASE_URL),
    dataPlaneUrl:
      values["data-plane-url"] === undefined ? undefined : url("data-plane-url", values["data-plane-url"]),
    contract: values.contract === undefined ? undefined : mapping(values.contract),
    ca:
      values["ca-file"] === undefined
        ? []
        : given("--ca-file", () => readCaBundle(text("--ca-file", values["ca-file"]))),
    proxies: given("The environment", () => new ProxyRules(env)),
    token: token(values["token-file"], env, readStdin),
    createTestKey: values["create-test-key"] ?? false,
    requestsPerSecond: pace,
    output,
    report: values.report,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    // Node's message quotes the argument, and a token may have been given as one.
    if (code === "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL")
      throw new CheckFlagError(
        "check takes flags only. The token comes from a file, the environment or standard input.",
      );
    throw new CheckFlagError(
      error instanceof Error ? (error.message.split(". ")[0] ?? "") : "The flags cannot be read.",
    );
  }
}

/** A URL that a token or a key may be sent to. */
function url(flag: string, value: string): string {
  const { protocol, hostname } = new URL(given(`--${flag}`, () => new BaseUrl(value)).origin);
  if (protocol === "https:" || LOOPBACK.test(hostname)) return value;
  throw new CheckFlagError(
    `--${flag} must be an https URL: over http, the token would be sent in the clear. Only this machine may have http.`,
  );
}

function mapping(file: string): ContractMapping {
  try {
    return readContractMapping(text("--contract", file));
  } catch (error) {
    if (error instanceof ContractMappingError)
      throw new CheckFlagError(`--contract ${file}: ${error.message}`);
    throw error;
  }
}

function token(
  file: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  readStdin: () => string | undefined,
): ManagementToken {
  const fromEnv = file === undefined ? env["SIGNATUREAPI_MANAGEMENT_TOKEN"] : undefined;
  const content = file !== undefined && file !== "-" ? text("--token-file", file) : fromEnv || readStdin();
  if (content === undefined || content === "")
    throw new CheckFlagError(
      "There is no management token. Give a file with --token-file, set SIGNATUREAPI_MANAGEMENT_TOKEN, or write the token to standard input.",
    );
  return given("The token", () => ManagementToken.of(content));
}

function text(flag: string, file = ""): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new CheckFlagError(`${flag}: the file ${file} cannot be read.`);
  }
}

function given<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new CheckFlagError(`${what} cannot be used: ${error instanceof Error ? error.message : "unknown"}`);
  }
}
