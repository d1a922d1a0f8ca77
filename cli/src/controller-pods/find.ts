import {
  kubeObjectSchema,
  leaseType,
  type KubeClient,
  type ResourceKind,
} from "@signatureapi-keys/controller/kube";
import * as z from "zod";
import { CliError } from "../errors.ts";

/** The labels that the chart gives the controller's Pods and their Deployment. */
export const CONTROLLER_LABELS =
  "app.kubernetes.io/part-of=signatureapi-keys,app.kubernetes.io/component=controller";

const containersSchema = z
  .array(z.looseObject({ name: z.string(), image: z.string().optional() }))
  .optional();

const podSchema = kubeObjectSchema.extend({
  spec: z.looseObject({ containers: containersSchema }).optional(),
  status: z.looseObject({ phase: z.string().optional() }).optional(),
});

/** A Pod of the controller. */
export type ControllerPod = z.infer<typeof podSchema>;

const CONTROLLER_PODS: ResourceKind<ControllerPod> = {
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  namespaced: true,
  schema: podSchema,
};

/** Where the controller may be, as flags say it. */
export interface ControllerPlace {
  /** Undefined looks in all namespaces. */
  readonly namespace: string | undefined;
  readonly leaseName: string;
}

/** Finds the Pods of the controller by the chart's labels, oldest first. @throws KubeError if they must not be listed */
export async function controllerPods(
  client: KubeClient,
  { namespace }: ControllerPlace,
): Promise<readonly ControllerPod[]> {
  const { items } = await client.listAll(CONTROLLER_PODS, { namespace, labelSelector: CONTROLLER_LABELS });
  return items.toSorted((a, b) =>
    (a.metadata.creationTimestamp ?? "").localeCompare(b.metadata.creationTimestamp ?? ""),
  );
}

/**
 * The Pod that leads: the one that the lease names. One Pod alone leads without a lease.
 * @throws CliError if there is no Pod, or no lease says which of several leads
 */
export async function leadingPod(client: KubeClient, place: ControllerPlace): Promise<ControllerPod> {
  const pods = await controllerPods(client, place);
  const [first, ...others] = pods;
  if (first === undefined) {
    const where = place.namespace === undefined ? "any namespace" : `namespace ${place.namespace}`;
    throw new CliError(`there is no Pod of the controller in ${where} (labels ${CONTROLLER_LABELS})`, {
      next: "Install the chart, or name its namespace with --controller-namespace.",
    });
  }
  if (others.length === 0) return first;
  const holder = await leaseHolder(client, first.metadata.namespace, place.leaseName);
  const leader = pods.find(({ metadata }) => isHeldBy(holder, metadata.name));
  if (leader !== undefined) return leader;
  throw new CliError(
    `no lease ${place.leaseName} in namespace ${first.metadata.namespace ?? ""} names a leader among ${pods.length} Pods`,
    { next: "Show the logs of all with --all, or name the lease with --lease-name." },
  );
}

/** The identity of a replica is the name of its Pod and a random part. */
function isHeldBy(holder: string | undefined, podName: string): boolean {
  return holder?.startsWith(`${podName}_`) ?? false;
}

async function leaseHolder(
  client: KubeClient,
  namespace: string | undefined,
  name: string,
): Promise<string | undefined> {
  const lease = await client.find(leaseType, { namespace, name });
  return lease?.spec?.holderIdentity ?? undefined;
}
