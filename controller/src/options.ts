import { durationProblem, isInstallation, parseDuration } from "@signatureapi-keys/lifecycle";
import { allowedAddressRanges, type AddressRanges } from "@signatureapi-keys/management-api";
import { isIP } from "node:net";
import { parseArgs } from "node:util";
import { DEFAULT_BASE_URL } from "./resources/account.ts";

/** What the controller runs with. Durations in milliseconds. */
export interface ControllerOptions {
  readonly kubeconfig: string | undefined;
  /** The namespaces to look after; undefined for all. */
  readonly namespaces: readonly string[] | undefined;
  /** Where the credentials of ClusterAccounts and the lease stand; undefined for the controller's own. */
  readonly clusterResourceNamespace: string | undefined;
  readonly allowedBaseUrls: readonly string[];
  /** Ranges of special addresses that the vendor's host may have. */
  readonly allowedAddressRanges: AddressRanges;
  /** The file with a mapping of names; undefined if the API has the names of the contract. */
  readonly contractFile: string | undefined;
  readonly installation: string | undefined;
  /** Installations whose ApiKeys and keys have moved to this one. */
  readonly previousInstallations: readonly string[];
  readonly secretAccess: "watch" | "get";
  /** `restart`: labelled workloads are restarted when a value changes. */
  readonly workloadAccess: "restart" | "none";
  /** `list`: Pods are looked at for `spec.rotation.holdWhileInUse`. */
  readonly podAccess: "list" | "none";
  readonly concurrency: number;
  /** Keys that may be made within an hour for one namespace, and in one account, besides three for each ApiKey. */
  readonly namespaceMintBudget: number;
  readonly accountMintBudget: number;
  readonly leaderElect: boolean;
  readonly leaseName: string;
  readonly readOnly: boolean;
  readonly allowedSecretTypes: readonly string[];
  readonly allowedSecretMetadata: readonly string[];
  /** `host:port`; undefined where it is switched off. */
  readonly metricsAddress: string | undefined;
  /** TLS, and only for those who may read it. */
  readonly metricsSecure: boolean;
  /** The folder with the certificate of /metrics; undefined for a self-signed one. */
  readonly metricsCertDir: string | undefined;
  readonly healthAddress: string | undefined;
  readonly resync: number;
  readonly inventoryInterval: number;
  readonly logLevel: string;
  readonly logFormat: "json" | "text";
}

/** A flag or an environment variable that cannot be used; the message says which, and what it may be. */
export class OptionsError extends Error {
  override readonly name = "OptionsError";
}

interface Flag {
  readonly name: string;
  readonly value: string;
  readonly fallback: string | undefined;
  readonly help: string;
}

const FLAGS = [
  flag(
    "kubeconfig",
    "FILE",
    undefined,
    "The cluster to connect to; by default KUBECONFIG, ~/.kube/config, or the Pod's own.",
  ),
  flag("namespaces", "A,B", undefined, "Manage ApiKeys in these namespaces only; by default in all."),
  flag(
    "cluster-resource-namespace",
    "NAME",
    undefined,
    "The namespace of the credentials of ClusterAccounts, and of the lease; by default the controller's own, outside of a cluster signatureapi-system.",
  ),
  flag(
    "allowed-base-urls",
    "URL,URL",
    DEFAULT_BASE_URL,
    "Where the controller may send management tokens: origins with path prefixes. A host listed here may have a private address, except the vendor's.",
  ),
  flag(
    "allowed-address-ranges",
    "CIDR,CIDR",
    "",
    "Ranges of addresses that count as public ones, such as 240.0.0.0/4 of a service mesh or 64:ff9b::/96 of a NAT64. They open neither this machine nor the metadata services of clouds.",
  ),
  flag(
    "contract",
    "FILE",
    undefined,
    "A mapping of names, if the management API has other names than the contract; read at the start.",
  ),
  flag(
    "installation",
    "ID",
    undefined,
    "Ten hex digits that name this installation; by default derived from the cluster, the controller's namespace and the lease.",
  ),
  flag(
    "previous-installations",
    "ID,ID",
    "",
    "Installations that moved here. The controller takes over their ApiKeys, and tags their keys again.",
  ),
  flag(
    "secret-access",
    "watch|get",
    "watch",
    "With get, Secrets are never listed or watched, and drift is found at the resync.",
  ),
  flag(
    "workload-access",
    "restart|none",
    "restart",
    "With restart, labelled Deployments, StatefulSets and DaemonSets are restarted when a value changes.",
  ),
  flag(
    "pod-access",
    "list|none",
    "none",
    "With list, Pods are listed if spec.rotation.holdWhileInUse of an ApiKey asks for it.",
  ),
  flag("concurrency", "N", "10", "How many ApiKeys the controller reconciles at a time, 1 to 1000."),
  flag(
    "namespace-mint-budget",
    "N",
    "100",
    "How many keys may be minted for one namespace within an hour, in addition to three for each of its ApiKeys with a key.",
  ),
  flag(
    "account-mint-budget",
    "N",
    "500",
    "How many keys may be minted in one vendor account within an hour, in addition to three for each of its ApiKeys with a key.",
  ),
  flag(
    "leader-elect",
    "BOOL",
    "false",
    "Work only while this replica holds the lease; required with more than one replica.",
  ),
  flag(
    "lease-name",
    "NAME",
    "signatureapi-controller",
    "The lease. Its name is part of the derived installation.",
  ),
  flag(
    "read-only",
    "BOOL",
    "false",
    "Change nothing, and report what the controller would do: for the first start after a restore.",
  ),
  flag(
    "allowed-secret-types",
    "TYPE,TYPE",
    "",
    "Types in addition to Opaque that ApiKeys may give their Secrets.",
  ),
  flag(
    "allowed-secret-metadata",
    "NAME,NAME",
    "",
    "Labels and annotations that ApiKeys may set on Secrets: prefixes, and names without a prefix.",
  ),
  flag(
    "metrics-address",
    "HOST:PORT",
    ":8080",
    "Where /metrics is served; without a host at all addresses, of IPv4 and IPv6; 0 switches it off.",
  ),
  flag(
    "metrics-secure",
    "BOOL",
    "false",
    "Serve /metrics over TLS, and only to a token whose user may get the non-resource URL /metrics.",
  ),
  flag(
    "metrics-cert-dir",
    "FOLDER",
    undefined,
    "The folder with tls.crt and tls.key for /metrics, read again when they change; by default a self-signed certificate.",
  ),
  flag("health-address", "HOST:PORT", ":8081", "Where /healthz and /readyz are served, in the same form."),
  flag(
    "resync",
    "DURATION",
    "10m",
    "How often every object is checked although nothing changed; 1s to 3660d.",
  ),
  flag(
    "inventory-interval",
    "DURATION",
    "10m",
    "How often all keys of an account are listed and compared with the records; 1s to 3660d.",
  ),
  flag("log-level", "LEVEL", "info", "trace, debug, info, warn or error."),
  flag("log-format", "json|text", "json", "The format of log lines."),
] as const satisfies readonly Flag[];

function flag<N extends string>(
  name: N,
  value: string,
  fallback: string | undefined,
  help: string,
): Flag & { name: N } {
  return { name, value, fallback, help };
}

type FlagName = (typeof FLAGS)[number]["name"];

/** The names of all flags. None holds a secret. */
export const FLAG_NAMES: ReadonlySet<string> = new Set(FLAGS.map(({ name }) => name));

/** The text of `--help`. */
export function helpText(): string {
  const lines = FLAGS.map(({ name, value, fallback, help }) => {
    const shown = fallback === undefined || fallback === "" ? "" : ` Default: ${fallback}.`;
    return `  --${name} ${value}\n        ${help}${shown}`;
  });
  return `signatureapi-controller manages API keys of SignatureAPI as Kubernetes resources

Usage: signatureapi-controller [flags]
       signatureapi-controller check [flags]   report whether a running controller is ready (check --help)

You can set each flag as an environment variable too: --log-level as SIGNATUREAPI_CONTROLLER_LOG_LEVEL.

${lines.join("\n")}
  --help
        Print the flags.
`;
}

/**
 * Reads the flags, then the environment, then the defaults.
 *
 * @returns `"help"` where the user asks for it.
 * @throws OptionsError for an unknown flag, or a value that cannot be used.
 */
export function readOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ControllerOptions | "help" {
  const values = parseFlags(args);
  if (values["help"] !== undefined) return "help";
  const get = (name: FlagName): string | undefined => {
    const fromEnv = env[`SIGNATUREAPI_CONTROLLER_${name.replaceAll("-", "_").toUpperCase()}`];
    return bounded(
      name,
      values[name] ??
        (fromEnv === "" ? undefined : fromEnv) ??
        FLAGS.find((known) => known.name === name)?.fallback,
    );
  };
  return {
    kubeconfig: get("kubeconfig"),
    namespaces: optionalList(get("namespaces")),
    clusterResourceNamespace: objectName(
      "cluster-resource-namespace",
      get("cluster-resource-namespace"),
      LONGEST_LABEL,
    ),
    allowedBaseUrls: list(get("allowed-base-urls")),
    allowedAddressRanges: addressRanges(list(get("allowed-address-ranges"))),
    contractFile: get("contract"),
    installation: installation(get("installation")),
    previousInstallations: list(get("previous-installations")).map((id) => previousInstallation(id)),
    secretAccess: oneOf("secret-access", get("secret-access"), ["watch", "get"]),
    workloadAccess: oneOf("workload-access", get("workload-access"), ["restart", "none"]),
    podAccess: oneOf("pod-access", get("pod-access"), ["list", "none"]),
    concurrency: count("concurrency", get("concurrency")),
    namespaceMintBudget: count("namespace-mint-budget", get("namespace-mint-budget"), MOST_MINTS),
    accountMintBudget: count("account-mint-budget", get("account-mint-budget"), MOST_MINTS),
    leaderElect: bool("leader-elect", get("leader-elect")),
    leaseName: objectName("lease-name", get("lease-name"), LONGEST_SUBDOMAIN) ?? "",
    readOnly: bool("read-only", get("read-only")),
    allowedSecretTypes: list(get("allowed-secret-types")),
    allowedSecretMetadata: list(get("allowed-secret-metadata")),
    metricsAddress: address("metrics-address", get("metrics-address")),
    ...secureMetrics(bool("metrics-secure", get("metrics-secure")), get("metrics-cert-dir")),
    healthAddress: address("health-address", get("health-address")),
    resync: duration("resync", get("resync")),
    inventoryInterval: duration("inventory-interval", get("inventory-interval")),
    logLevel: oneOf("log-level", get("log-level"), ["trace", "debug", "info", "warn", "error"]),
    logFormat: oneOf("log-format", get("log-format"), ["json", "text"]),
  };
}

function parseFlags(args: readonly string[]): Readonly<Record<string, string | undefined>> {
  const booleans: ReadonlySet<string> = new Set([
    "--leader-elect",
    "--read-only",
    "--metrics-secure",
    "--help",
  ]);
  // `--read-only` alone means true, as users of other controllers expect.
  const spelled = args.map((arg) => (booleans.has(arg) ? `${arg}=true` : arg));
  const options = Object.fromEntries(
    [...FLAGS.map(({ name }) => name), "help"].map((name) => [name, { type: "string" as const }]),
  );
  try {
    return parseArgs({ args: spelled, options, allowPositionals: false }).values;
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : "";
    throw new OptionsError(`${why}; see --help`, { cause: error });
  }
}

/** The longest text of a flag that holds one thing, such as a path, in characters. */
const LONGEST_TEXT = 4_096;
/** The most parts of a list, and the longest of them. */
const MOST_PARTS = 1_000;
const LONGEST_PART = 2_048;
const LISTS: ReadonlySet<FlagName> = new Set([
  "namespaces",
  "allowed-base-urls",
  "previous-installations",
  "allowed-secret-types",
  "allowed-secret-metadata",
]);

function bounded(name: FlagName, text: string | undefined): string | undefined {
  const parts = LISTS.has(name) ? list(text) : undefined;
  if (parts === undefined && (text ?? "").length > LONGEST_TEXT)
    throw new OptionsError(`--${name} must have at most ${LONGEST_TEXT} characters`);
  if (parts !== undefined && parts.length > MOST_PARTS)
    throw new OptionsError(`--${name} must list at most ${MOST_PARTS} parts, not ${parts.length}`);
  if (parts?.some((part) => part.length > LONGEST_PART) === true)
    throw new OptionsError(`--${name} must list parts of at most ${LONGEST_PART} characters`);
  return text;
}

/** A name of the cluster that is put into paths and labels: a DNS label, or for objects a subdomain. */
function objectName(name: FlagName, text: string | undefined, longest: number): string | undefined {
  if (text === undefined || (text.length <= longest && DNS_NAME.test(text))) return text;
  throw new OptionsError(
    `--${name} must be a name of at most ${longest} lower-case letters, digits, "-" and ".", not ${JSON.stringify(text.slice(0, longest))}`,
  );
}

function list(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function optionalList(text: string | undefined): readonly string[] | undefined {
  const parts = list(text);
  return parts.length === 0 ? undefined : parts;
}

function installation(text: string | undefined): string | undefined {
  if (text === undefined || isInstallation(text)) return text;
  throw new OptionsError("--installation must be ten hex digits in lower case");
}

function previousInstallation(text: string): string {
  if (isInstallation(text)) return text;
  throw new OptionsError("--previous-installations must name installations by ten hex digits in lower case");
}

function secureMetrics(
  metricsSecure: boolean,
  metricsCertDir: string | undefined,
): Pick<ControllerOptions, "metricsSecure" | "metricsCertDir"> {
  if (metricsSecure || metricsCertDir === undefined) return { metricsSecure, metricsCertDir };
  throw new OptionsError("--metrics-cert-dir needs --metrics-secure: without it, /metrics has no TLS");
}

function addressRanges(texts: readonly string[]): AddressRanges {
  try {
    return allowedAddressRanges(texts);
  } catch (error) {
    throw new OptionsError(`--allowed-address-ranges: ${error instanceof Error ? error.message : ""}`, {
      cause: error,
    });
  }
}

function oneOf<T extends string>(name: FlagName, text: string | undefined, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === text);
  if (found === undefined)
    throw new OptionsError(`--${name} must be ${allowed.join(" or ")}, not ${JSON.stringify(text)}`);
  return found;
}

function bool(name: FlagName, text: string | undefined): boolean {
  return oneOf(name, text, ["true", "false"]) === "true";
}

const DNS_NAME = /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/;
const LONGEST_LABEL = 63;
const LONGEST_SUBDOMAIN = 253;
const MOST_MINTS = 1_000_000;
const SHORTEST_INTERVAL = 1_000;
const HIGHEST_PORT = 65_535;

function count(name: FlagName, text: string | undefined, most = 1_000): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new OptionsError(`--${name} must be a whole number from 1 to ${most}, not ${JSON.stringify(text)}`);
}

function duration(name: FlagName, text = ""): number {
  const problem = durationProblem(text, SHORTEST_INTERVAL, "10m");
  if (problem === undefined) return parseDuration(text) ?? SHORTEST_INTERVAL;
  throw new OptionsError(`--${name}: ${problem}`);
}

function address(name: FlagName, text: string | undefined): string | undefined {
  if (text === undefined || text === "0") return undefined;
  const [, host = "", port] = /^(.*):([0-9]{1,5})$/.exec(text) ?? [];
  const bracketed = /^\[(.*)\]$/.exec(host)?.[1];
  if (isIP(host) === 6 || (bracketed === undefined && host.includes(":"))) {
    throw new OptionsError(
      `--${name} must have an IPv6 address in brackets, as in [::1]:8080, not ${JSON.stringify(text)}`,
    );
  }
  if (Number(port) <= HIGHEST_PORT && (bracketed === undefined || isIP(bracketed) === 6)) return text;
  throw new OptionsError(
    `--${name} must be HOST:PORT, such as :8080 or [::1]:8080, or 0 to switch it off, not ${JSON.stringify(text)}`,
  );
}
