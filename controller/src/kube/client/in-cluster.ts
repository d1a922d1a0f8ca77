import { readFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import type { ClusterAccess } from "./cluster-access.ts";
import { proxyFromEnvironment } from "./proxy-from-environment.ts";

const SERVICE_ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

export interface InClusterOptions {
  /** Default `process.env`. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Where `token`, `ca.crt` and `namespace` are projected. */
  readonly folder?: string | undefined;
}

/**
 * Access from within a Pod, by its projected service account. Own code and not client-node's, because a controller
 * that runs in its cluster then never loads client-node (see {@link loadKubeConfig} for the figures).
 * @returns undefined outside a cluster
 */
export function inClusterAccess(options: InClusterOptions = {}): ClusterAccess | undefined {
  const env = options.env ?? process.env;
  const folder = options.folder ?? SERVICE_ACCOUNT_FOLDER;
  const host = env["KUBERNETES_SERVICE_HOST"];
  const port = env["KUBERNETES_SERVICE_PORT"];
  if (host === undefined || host === "" || port === undefined || port === "") return undefined;
  const namespace = readIfPresent(join(folder, "namespace"));
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return {
    server,
    namespace,
    proxy: proxyFromEnvironment(server, env),
    async read() {
      const [token, ca] = await Promise.all([
        readFile(join(folder, "token"), "utf8"),
        readFile(join(folder, "ca.crt"), "utf8"),
      ]);
      return { headers: { authorization: `Bearer ${token.trim()}` }, tls: { ca } };
    },
  };
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
