import type { Cluster, Context, User } from "@kubernetes/client-node";
import type { MergedKubeConfig } from "./kubeconfig-files.ts";

/** What flags say in place of a kubeconfig, as those of kubectl. */
export interface KubeConfigOverrides {
  /** Names of entries of the kubeconfig. */
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
  readonly user?: string | undefined;
  /** The URL of the API server. */
  readonly server?: string | undefined;
  readonly token?: string | undefined;
  /** The path of a file with CA certificates, in PEM. */
  readonly certificateAuthority?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
  readonly tlsServerName?: string | undefined;
}

const NAME = "flags";

/**
 * Applies flags to a kubeconfig: the result has one context, which is current.
 *
 * @param config undefined if there is no kubeconfig; then a server must be named.
 * @returns undefined where neither a kubeconfig nor a flag names a cluster.
 * @throws Error that names the flag whose entry is not in the kubeconfig, and the entries that are.
 */
export function overridden(
  config: MergedKubeConfig | undefined,
  overrides: KubeConfigOverrides,
): MergedKubeConfig | undefined {
  if (Object.values(overrides).every((value) => value === undefined)) return config;
  if (config === undefined && overrides.server === undefined && !namesEntries(overrides)) return undefined;
  const { clusters = [], users = [], contexts = [], currentContext = "" } = config ?? {};
  const context =
    overrides.context === undefined
      ? contexts.find(({ name }) => name === currentContext)
      : named("context", overrides.context, contexts);
  const cluster = clusterOf(overrides, clusters, context);
  const user = userOf(overrides, users, context);
  return {
    clusters: cluster === undefined ? [] : [cluster],
    users: [user],
    contexts: [
      {
        name: NAME,
        cluster: NAME,
        user: NAME,
        ...(context?.namespace !== undefined && { namespace: context.namespace }),
      },
    ],
    currentContext: NAME,
  };
}

function namesEntries({ context, cluster, user }: KubeConfigOverrides): boolean {
  return [context, cluster, user].some((name) => name !== undefined);
}

function clusterOf(
  overrides: KubeConfigOverrides,
  clusters: readonly Cluster[],
  context: Context | undefined,
): Cluster | undefined {
  const found =
    overrides.cluster === undefined
      ? clusters.find(({ name }) => name === context?.cluster)
      : named("cluster", overrides.cluster, clusters);
  const { server, certificateAuthority, insecureSkipTlsVerify, tlsServerName } = overrides;
  if (found === undefined && server === undefined) return undefined;
  const { caData: _, caFile: __, ...withoutCa } = found ?? { skipTLSVerify: false, server: "" };
  // As kubectl: a CA is of no use to a connection that is not verified, and a given CA replaces the configured one.
  const ca =
    certificateAuthority === undefined
      ? {
          ...(found?.caData !== undefined && { caData: found.caData }),
          ...(found?.caFile !== undefined && { caFile: found.caFile }),
        }
      : { caFile: certificateAuthority };
  return {
    ...withoutCa,
    ...(insecureSkipTlsVerify === true ? {} : ca),
    name: NAME,
    ...(server !== undefined && { server: server.replace(/\/+$/u, "") }),
    ...(insecureSkipTlsVerify !== undefined && { skipTLSVerify: insecureSkipTlsVerify }),
    ...(tlsServerName !== undefined && { tlsServerName }),
  };
}

function userOf(overrides: KubeConfigOverrides, users: readonly User[], context: Context | undefined): User {
  const found =
    overrides.user === undefined
      ? users.find(({ name }) => name === context?.user)
      : named("user", overrides.user, users);
  // A given token replaces the ways in which the user would be known otherwise.
  return overrides.token === undefined ? { ...found, name: NAME } : { name: NAME, token: overrides.token };
}

function named<T extends { readonly name: string }>(what: string, name: string, entries: readonly T[]): T {
  const found = entries.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  const names = entries.map((entry) => entry.name).join(", ");
  throw new Error(
    `the kubeconfig has no ${what} ${JSON.stringify(name)}; ${names === "" ? "it has none" : `it has: ${names}`}`,
  );
}
