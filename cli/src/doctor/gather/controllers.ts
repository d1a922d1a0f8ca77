import { isKubeError, leaseType, type KubeClient, type Lease } from "@signatureapi-keys/controller/kube";
import { OptionsError, readOptions, type ControllerOptions } from "@signatureapi-keys/controller/options";
import { CONTROLLER_LABELS } from "../../controller-pods/find.ts";
import {
  controllerContainer,
  DEPLOYMENTS,
  PODS,
  serviceAccountOf,
  userOf,
  type Deployment,
} from "../cluster-objects.ts";
import type { InstalledController } from "../facts.ts";
import { attempt, type Read } from "../read.ts";
import { controllerRights } from "../rights.ts";
import { reviewRights } from "./rights.ts";

type Kube = Pick<KubeClient, "listAll" | "find" | "raw">;

/**
 * The Deployments of controllers: those of the whole cluster, and where the user may not list them there, those of one
 * namespace.
 */
export async function findDeployments(
  kube: Pick<KubeClient, "listAll">,
  namespace: string | undefined,
  fallback: string,
): Promise<readonly Deployment[]> {
  const labelSelector = CONTROLLER_LABELS;
  try {
    return (await kube.listAll(DEPLOYMENTS, { namespace, labelSelector })).items;
  } catch (error) {
    if (namespace !== undefined || !isKubeError(error, "forbidden")) throw error;
    return (await kube.listAll(DEPLOYMENTS, { namespace: fallback, labelSelector })).items;
  }
}

/** Installations of the controller, with their Pods, their lease and their rights. */
export async function readControllers(
  kube: Kube,
  deployments: Read<readonly Deployment[]>,
): Promise<Read<readonly InstalledController[]>> {
  if (!("value" in deployments)) return deployments;
  return {
    value: await Promise.all(deployments.value.map(async (deployment) => readController(kube, deployment))),
  };
}

async function readController(kube: Kube, deployment: Deployment): Promise<InstalledController> {
  const { namespace = "" } = deployment.metadata;
  const options = optionsOf(deployment);
  const labels = deployment.spec.selector?.matchLabels ?? {};
  const labelSelector = Object.entries(labels)
    .map((pair) => pair.join("="))
    .join(",");
  const pods = await attempt(async () => (await kube.listAll(PODS, { namespace, labelSelector })).items);
  if ("problem" in options) return { deployment, options, pods, lease: undefined, rights: { value: [] } };
  const own = options.clusterResourceNamespace ?? namespace;
  const lease = options.leaderElect ? await readLease(kube, own, options.leaseName) : undefined;
  const user = userOf(serviceAccountOf(deployment));
  const rights = await reviewRights(kube, controllerRights(options, own), user);
  return { deployment, options, pods, lease, rights };
}

async function readLease(kube: Kube, namespace: string, name: string): Promise<Read<Lease | undefined>> {
  return attempt(async () => kube.find(leaseType, { namespace, name }));
}

/** What the flags of a Deployment say. Variables that come from a Secret or ConfigMap are not read. */
export function optionsOf(deployment: Deployment): ControllerOptions | { readonly problem: string } {
  const container = controllerContainer(deployment);
  const env = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
  try {
    const options = readOptions(container?.args ?? [], env);
    return options === "help" ? { problem: "--help prints the flags, and ends" } : options;
  } catch (error) {
    if (error instanceof OptionsError) return { problem: error.message };
    throw error;
  }
}
