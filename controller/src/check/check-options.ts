import { durationProblem, parseDuration } from "@signatureapi-keys/lifecycle";
import { parseArgs } from "node:util";
import { OptionsError } from "../options.ts";

/** What `signatureapi-controller check` looks at. */
export interface CheckOptions {
  readonly kubeconfig: string | undefined;
  /** Where the accounts are that count; undefined for everywhere, ClusterAccounts included. */
  readonly namespaces: readonly string[] | undefined;
  /** Where /readyz is served. */
  readonly healthUrl: string;
  readonly accounts: "all" | "none";
  /** How long it may take until everything is ready, in milliseconds. */
  readonly timeout: number;
}

const SHORTEST_TIMEOUT_MS = 1_000;

const FLAGS = {
  kubeconfig: { type: "string" },
  namespaces: { type: "string" },
  "health-url": { type: "string", default: "http://127.0.0.1:8081" },
  accounts: { type: "string", default: "all" },
  timeout: { type: "string", default: "60s" },
  help: { type: "boolean", default: false },
} as const;

/** The text of `check --help`. */
export const CHECK_HELP = `signatureapi-controller check reports whether a running controller and its accounts are ready

Usage: signatureapi-controller check [flags]

It looks until everything is ready, or until the time is over. It changes nothing.

  --kubeconfig FILE
        The cluster to connect to; by default KUBECONFIG, ~/.kube/config, or the Pod's own.
  --namespaces A,B
        Check the Accounts of these namespaces only, and no ClusterAccount; by default all.
  --health-url URL
        Where the controller serves /readyz. Default: ${FLAGS["health-url"].default}.
  --accounts all|none
        Whether the accounts must be ready. Default: ${FLAGS.accounts.default}.
  --timeout DURATION
        How long to wait until everything is ready. Default: ${FLAGS.timeout.default}.
  --help
        Print the flags.

Exit codes: 0 if everything is ready, 1 if not, 2 for a flag that cannot be used.
`;

/**
 * Reads the flags of `check`.
 *
 * @returns `"help"` where the user asks for it.
 * @throws OptionsError for a flag that cannot be used.
 */
export function readCheckOptions(args: readonly string[]): CheckOptions | "help" {
  const values = parsed(args);
  if (values.help) return "help";
  const { kubeconfig, accounts, timeout, "health-url": healthUrl } = values;
  if (accounts !== "all" && accounts !== "none")
    throw new OptionsError(`--accounts must be all or none, not ${JSON.stringify(accounts)}`);
  if (!URL.canParse(healthUrl) || new URL(healthUrl).protocol !== "http:")
    throw new OptionsError("--health-url must be a URL such as http://127.0.0.1:8081");
  const problem = durationProblem(timeout, SHORTEST_TIMEOUT_MS, "60s");
  if (problem !== undefined) throw new OptionsError(`--timeout: ${problem}`);
  const namespaces = (values.namespaces ?? "").split(",").filter((part) => part !== "");
  return {
    kubeconfig,
    namespaces: namespaces.length === 0 ? undefined : namespaces,
    healthUrl,
    accounts,
    timeout: parseDuration(timeout) ?? SHORTEST_TIMEOUT_MS,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, allowPositionals: false }).values;
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : "";
    throw new OptionsError(`${why}; see check --help`, { cause: error });
  }
}
