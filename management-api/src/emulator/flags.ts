import { readFileSync } from "node:fs";
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { DEFAULT_ACCOUNT, DEFAULT_CONFIG, type EmulatorAccount, type EmulatorOptions } from "./options.ts";

/** A mistake in the command line: the message says which flag and what it takes. */
export class FlagError extends Error {
  override readonly name = "FlagError";
}

export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "start"; readonly options: EmulatorOptions; readonly json: boolean };

const FLAGS = {
  help: { type: "boolean" },
  json: { type: "boolean" },
  host: { type: "string" },
  "admin-host": { type: "string" },
  port: { type: "string" },
  "admin-port": { type: "string" },
  account: { type: "string", multiple: true },
  "rate-limit": { type: "string" },
  burst: { type: "string" },
  latency: { type: "string" },
  "list-lag": { type: "string" },
  "page-size": { type: "string" },
  persist: { type: "string" },
} as const satisfies ParseArgsOptionsConfig;

export const HELP = `Usage: npx signatureapi-management emulator [flags]
       npm run emulator -- [flags]                in a checkout

Runs a server of the management contract (management-api/openapi.yaml), with GET /v1/envelopes to prove that a key
works, and an admin API on a second port for faults. For demos and tests: nothing in it is real.

  --host ADDRESS       address both servers bind to (default 127.0.0.1; the admin API has no password)
  --admin-host ADDRESS address of the admin API, such as 127.0.0.1 where --host is reachable (default: --host)
  --port PORT          port of the API; 0 takes a free one (default 0)
  --admin-port PORT    port of the admin API; 0 takes a free one (default 0)
  --account SETTINGS   an account; may be repeated (default id=${DEFAULT_ACCOUNT.id},token=${DEFAULT_ACCOUNT.token}). Settings,
                       separated by commas:
                         id=acc_...          required
                         token=TEXT          the management token, or one of
                         token-file=PATH       the file that holds it
                         token-env=NAME        the environment variable that holds it
                         name=TEXT           default: the id
                         live-mode=MODE      enabled, disabled or paused (default enabled)
                         permissions=A+B     default manage_api_keys; empty for none
                         test-keys=N         how many test keys it may have (default 1)
  --rate-limit N       requests per second and account (default ${DEFAULT_CONFIG.rateLimit})
  --burst N            requests at once (default ${DEFAULT_CONFIG.burst})
  --latency MS         holds every answer back, in milliseconds (default ${DEFAULT_CONFIG.latencyMs})
  --list-lag MS        how long lists lack a new key, in milliseconds (default ${DEFAULT_CONFIG.listLagMs})
  --page-size N        the largest page of a list, 1 to 20 (default ${DEFAULT_CONFIG.pageSize})
  --persist FILE       keeps accounts and keys over restarts; SHA-256 of values and tokens only (default: none)
  --json               prints one line of JSON, {"url", "adminUrl"}, when ready (default: text)
  --help               prints this

Admin API:
  POST, GET, DELETE /faults                  add, list, remove faults (and release held requests), for example
                                             {"match": {"operation": "createApiKey"}, "times": 1, "when": "after",
                                              "fault": {"kind": "reset"}}
                                             match: operation, method, path, account; when: before, after the effect;
                                             kinds: status, reset, hang, truncate, malformed, html, redirect, huge, slow,
                                             hold, late, duplicate, wrong-mode, wrong-key, rewrite-description, omit,
                                             next-link
  GET, DELETE /requests                      what was requested, with counters
  GET /keys                                  all keys of all accounts, without values
  POST /accounts                             add an account: {"id", "token", ...}
  PATCH /accounts/{id}                       liveMode, permissions, testKeys, name, tokenHash (SHA-256 in hex)
  POST /accounts/{id}/keys                   create a key as if by hand: {"mode", "description"}
  POST /accounts/{id}/keys/{keyId}/revoke    revoke a key as if by hand
  PATCH /config                              latencyMs, listLagMs, pageSize, rateLimit, burst

All about it: https://github.com/signatureapi-keys/signatureapi-keys/blob/main/docs/emulator.md
`;

/** Reads the command line (without node and the script). @throws FlagError */
export function readFlags(args: readonly string[], environment: NodeJS.ProcessEnv): Command {
  const values = parse(args);
  if (values.help) return { kind: "help" };
  const numbers = {
    port: readNumber("port", values.port, { whole: true, min: 0, max: 65_535 }),
    adminPort: readNumber("admin-port", values["admin-port"], { whole: true, min: 0, max: 65_535 }),
    rateLimit: readNumber("rate-limit", values["rate-limit"], { min: 0.001 }),
    burst: readNumber("burst", values.burst, { min: 1 }),
    latencyMs: readNumber("latency", values.latency, { min: 0 }),
    listLagMs: readNumber("list-lag", values["list-lag"], { min: 0 }),
    pageSize: readNumber("page-size", values["page-size"], { whole: true, min: 1, max: 20 }),
  };
  const given = Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined));
  const accounts = (values.account ?? []).map((text) => readAccount(text, environment));
  if (new Set(accounts.map(({ id }) => id)).size < accounts.length) {
    throw new FlagError("--account: two accounts have the same id.");
  }
  const options: EmulatorOptions = {
    ...given,
    ...(accounts.length > 0 && { accounts }),
    ...(values.host !== undefined && { host: values.host }),
    ...(values["admin-host"] !== undefined && { adminHost: values["admin-host"] }),
    ...(values.persist !== undefined && { persistFile: values.persist }),
  };
  return { kind: "start", options, json: values.json ?? false };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // Node's messages name the flag; only the first sentence is about our case.
    throw new FlagError(
      error instanceof Error ? (error.message.split(". ")[0] ?? "") : "The flags cannot be read.",
    );
  }
}

function readNumber(
  flag: string,
  text: string | undefined,
  { whole = false, min, max = Number.MAX_SAFE_INTEGER }: { whole?: boolean; min: number; max?: number },
): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  const upper = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new FlagError(`--${flag} takes a ${whole ? "whole " : ""}number ${upper}, not "${text}".`);
}

const SETTINGS = ["id", "token", "token-file", "token-env", "name", "live-mode", "permissions", "test-keys"];
const LIVE_MODES = ["enabled", "disabled", "paused"] as const;

function readAccount(text: string, environment: NodeJS.ProcessEnv): EmulatorAccount {
  const settings = new Map<string, string>();
  for (const part of text.split(",")) {
    const [name = "", ...rest] = part.split("=");
    // The part itself may be a token, so that only the names are repeated.
    if (!SETTINGS.includes(name) || rest.length === 0) {
      throw new FlagError(
        `--account takes settings like id=acc_x,token=…; known are ${SETTINGS.join(", ")}.`,
      );
    }
    settings.set(name, rest.join("="));
  }
  const id = settings.get("id") ?? "";
  if (!/^(?!key_)[\x21-\x7e]{1,255}$/.test(id))
    throw new FlagError("--account: id is missing, such as id=acc_x.");
  const liveMode = LIVE_MODES.find((mode) => mode === (settings.get("live-mode") ?? "enabled"));
  if (liveMode === undefined)
    throw new FlagError(`--account ${id}: live-mode is one of ${LIVE_MODES.join(", ")}.`);
  const testKeys = readNumber(`account ${id}: test-keys`, settings.get("test-keys"), { whole: true, min: 0 });
  const permissions = settings
    .get("permissions")
    ?.split("+")
    .filter((permission) => permission !== "");
  return {
    id,
    token: readToken(id, settings, environment),
    name: settings.get("name") ?? id,
    liveMode,
    ...(permissions && { permissions }),
    ...(testKeys !== undefined && { testKeys }),
  };
}

function readToken(
  id: string,
  settings: ReadonlyMap<string, string>,
  environment: NodeJS.ProcessEnv,
): string {
  const file = settings.get("token-file");
  const variable = settings.get("token-env");
  const given = [settings.get("token"), file, variable].filter((source) => source !== undefined);
  if (given.length !== 1) throw new FlagError(`--account ${id}: give one of token, token-file, token-env.`);
  const token =
    settings.get("token") ??
    (file === undefined ? environment[variable ?? ""] : readFile(id, file))?.replace(/\r?\n$/, "") ??
    "";
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new FlagError(
      `--account ${id}: the token is empty, or holds a space or a character outside of ASCII.`,
    );
  }
  return token;
}

function readFile(id: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new FlagError(`--account ${id}: the token-file ${file} cannot be read.`);
  }
}
