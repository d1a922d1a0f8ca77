import {
  impersonating,
  KubeClient,
  loadKubeConfig,
  type ClusterAccess,
} from "@signatureapi-keys/controller/kube";
import manifest from "../../package.json" with { type: "json" };
import { CliError, UsageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import type { ClusterFlags } from "./cluster-flags.ts";

const DEFAULT_NAMESPACE = "default";

/** Who writes, as `managedFields` of objects names the plugin. @public for other commands */
export const FIELD_MANAGER = "kubectl-signatureapi";

/** A cluster, and the namespace that the command line means. */
export interface Connection {
  readonly client: KubeClient;
  /** The namespace of flag, context or Pod; `default` otherwise. */
  readonly namespace: string;
}

/**
 * Finds the cluster as kubectl does. No request is sent yet.
 * @throws UsageError where flags contradict each other; CliError where no cluster is found
 */
export async function connect(
  flags: ClusterFlags,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Connection> {
  if (flags.as === undefined && (flags.asGroup !== undefined || flags.asUid !== undefined))
    throw new UsageError("--as-group and --as-uid need --as: name the user to impersonate");
  const access = await readAccess(flags, env);
  const client = new KubeClient(access, {
    fieldManager: FIELD_MANAGER,
    userAgent: `${FIELD_MANAGER}/${manifest.version}`,
    ...(flags.requestTimeout > 0 && { timeoutMs: flags.requestTimeout }),
  });
  return { client, namespace: flags.namespace ?? access.namespace ?? DEFAULT_NAMESPACE };
}

async function readAccess(flags: ClusterFlags, env: NodeJS.ProcessEnv): Promise<ClusterAccess> {
  const { kubeconfig, context, cluster, user, server, token } = flags;
  const { certificateAuthority, insecureSkipTlsVerify, tlsServerName } = flags;
  try {
    const access = await loadKubeConfig({
      kubeconfigPath: kubeconfig,
      env,
      overrides: {
        context,
        cluster,
        user,
        server,
        token,
        certificateAuthority,
        insecureSkipTlsVerify,
        tlsServerName,
      },
    });
    return impersonating(access, { user: flags.as, groups: flags.asGroup, uid: flags.asUid });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const next = "Check --kubeconfig, KUBECONFIG and --context.";
    throw new CliError(message, { next, exitCode: EXIT.unreachable, cause: error });
  }
}
