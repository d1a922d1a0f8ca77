import { installationOf } from "@signatureapi-keys/lifecycle";
import { isKubeError, type KubeClient } from "./kube/index.ts";
import type { ControllerOptions } from "./options.ts";
import { API_KEYS, CLUSTER_ACCOUNTS, NAMESPACES } from "./resources/types.ts";

/** Why the controller cannot start: what is missing, and how to provide it. */
export class StartupError extends Error {
  override readonly name = "StartupError";
}

/** What the cluster lets this controller do, and who it is there. */
export interface Standing {
  readonly installation: string;
  /** Where credentials of ClusterAccounts and the lease stand. */
  readonly ownNamespace: string;
  /** Whether cluster-scoped objects can be read; without it only Accounts work. */
  readonly clusterScoped: boolean;
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
  return { installation, ownNamespace, clusterScoped };
}

async function checkDefinitions(kube: KubeClient, options: ControllerOptions): Promise<void> {
  const namespace = options.namespaces?.[0];
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
