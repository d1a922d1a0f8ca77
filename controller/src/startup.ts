import { installationOf } from "@signatureapi-keys/lifecycle";
import { isKubeError, type KubeClient, type ResourceType } from "./kube/index.ts";
import type { ControllerOptions } from "./options.ts";
import { API_KEYS, CLUSTER_ACCOUNTS, NAMESPACES } from "./resources/types.ts";
import { PODS } from "./workloads/pods.ts";
import { WORKLOADS } from "./workloads/types.ts";

/** Why the controller cannot start: what is missing, and how to provide it. */
export class StartupError extends Error {
  override readonly name = "StartupError";
}

/** What the cluster lets this controller do, and who it is there. */
export interface Standing {
  readonly installation: string;
  /** The namespace of the lease and of the credentials of ClusterAccounts. */
  readonly ownNamespace: string;
  /** Whether cluster-scoped objects can be read; without it only Accounts work. */
  readonly clusterScoped: boolean;
  /** Whether labelled workloads can be restarted. */
  readonly restartsWorkloads: boolean;
  /** Whether Pods can be seen. */
  readonly seesPods: boolean;
}

/**
 * Looks at the cluster before anything starts.
 *
 * @throws StartupError where the CRDs or rights are missing.
 */
export async function findStanding(
  kube: KubeClient,
  options: ControllerOptions,
  inCluster: boolean,
): Promise<Standing> {
  await checkDefinitions(kube, options);
  const ownNamespace =
    options.clusterResourceNamespace ??
    (inCluster ? (kube.namespace ?? "signatureapi-system") : "signatureapi-system");
  const clusterScoped = await canReadClusterScoped(kube);
  const installation =
    options.installation ?? (await deriveInstallation(kube, ownNamespace, options.leaseName));
  const [restartsWorkloads, seesPods] = await Promise.all([
    options.workloadAccess === "restart" ? canList(kube, options, Object.values(WORKLOADS)) : false,
    options.podAccess === "list" ? canList(kube, options, [PODS]) : false,
  ]);
  return { installation, ownNamespace, clusterScoped, restartsWorkloads, seesPods };
}

async function checkDefinitions(kube: KubeClient, options: ControllerOptions): Promise<void> {
  const scopes = options.namespaces?.map((namespace) => ({ namespace })) ?? [{ namespace: undefined }];
  // A namespace that may not be read does not keep the others from being served.
  const looks = await Promise.allSettled(scopes.map(async (scope) => checkScope(kube, scope.namespace)));
  const refused = looks.filter((look) => look.status === "rejected");
  if (refused.length === looks.length) throw refused[0]?.reason;
}

async function checkScope(kube: KubeClient, namespace: string | undefined): Promise<void> {
  try {
    await kube.list(API_KEYS, { limit: 1, ...(namespace === undefined ? {} : { namespace }) });
  } catch (error) {
    // A path that the API server does not know is answered without a Status.
    if (isKubeError(error) && error.status === 404) {
      throw new StartupError(
        "the cluster does not know the kind ApiKey: install the CustomResourceDefinitions, with the Helm chart or with kubectl apply -f charts/signatureapi-controller/files/crds",
        { cause: error },
      );
    }
    if (isKubeError(error, "forbidden")) {
      const scope =
        namespace === undefined
          ? "the cluster; give the names of namespaces with --namespaces, or a ClusterRole"
          : `namespace ${namespace}; give a Role there`;
      throw new StartupError(`the controller may not list ApiKeys in ${scope}: ${error.detail}`, {
        cause: error,
      });
    }
    throw error;
  }
}

/**
 * Whether these may be listed where the controller works; each namespace may have a role of its own. Where one of several
 * lacks the right, its own ApiKeys say so, and hold what depends on it.
 */
async function canList(
  kube: KubeClient,
  { namespaces }: ControllerOptions,
  types: readonly ResourceType[],
): Promise<boolean> {
  const scopes = namespaces?.map((namespace) => ({ namespace })) ?? [{}];
  const allowed = await Promise.all(scopes.map(async (scope) => canListIn(kube, scope, types)));
  return allowed.includes(true);
}

async function canListIn(
  kube: KubeClient,
  scope: { readonly namespace?: string },
  types: readonly ResourceType[],
): Promise<boolean> {
  try {
    await Promise.all(types.map(async (type) => kube.list(type, { limit: 1, ...scope })));
    return true;
  } catch (error) {
    if (isKubeError(error, "forbidden")) return false;
    throw error;
  }
}

async function canReadClusterScoped(kube: KubeClient): Promise<boolean> {
  try {
    await kube.list(CLUSTER_ACCOUNTS, { limit: 1 });
    await kube.list(NAMESPACES, { limit: 1 });
    return true;
  } catch (error) {
    if (isKubeError(error, "forbidden")) return false;
    throw error;
  }
}

async function deriveInstallation(
  kube: KubeClient,
  ownNamespace: string,
  leaseName: string,
): Promise<string> {
  try {
    const system = await kube.get(NAMESPACES, { name: "kube-system" });
    return installationOf(system.metadata.uid, ownNamespace, leaseName);
  } catch (error) {
    if (isKubeError(error, "forbidden")) {
      throw new StartupError(
        "the controller may not read the namespace kube-system, which names this installation: grant it, or give --installation with ten hex digits that stay the same",
        { cause: error },
      );
    }
    throw error;
  }
}
