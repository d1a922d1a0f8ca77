import * as z from "zod";
import { kubeObjectSchema, type KubeObject, type ResourceType } from "../kube/index.ts";
import { restartName } from "../resources/names.ts";

const count = z.number().optional();

const conditionSchema = z.object({
  type: z.string(),
  status: z.string().optional(),
  reason: z.string().optional(),
});

/** Where kubectl records a restart by hand. */
export const RESTARTED_AT = "kubectl.kubernetes.io/restartedAt";

/** Unknown fields are dropped as they are read: a namespace's workloads are listed at once, and each may be large. */
const workloadSchema = kubeObjectSchema.extend({
  spec: z
    .object({
      replicas: count,
      paused: z.boolean().optional(),
      /** Of StatefulSets and DaemonSets. */
      updateStrategy: z
        .object({
          type: z.string().optional(),
          rollingUpdate: z.object({ partition: count }).optional(),
        })
        .optional(),
      template: z
        .object({
          metadata: z.object({ annotations: z.record(z.string(), z.string()).optional() }).optional(),
        })
        .optional(),
    })
    .optional(),
  status: z
    .object({
      observedGeneration: count,
      replicas: count,
      updatedReplicas: count,
      availableReplicas: count,
      terminatingReplicas: count,
      desiredNumberScheduled: count,
      updatedNumberScheduled: count,
      numberAvailable: count,
      conditions: z.array(conditionSchema).optional(),
    })
    .optional(),
});

/** Keeps of the metadata what names and dates the workload, and of the Pod template what records restarts. */
function slim({ metadata, spec, ...rest }: z.infer<typeof workloadSchema>): z.infer<typeof workloadSchema> {
  const { name, namespace, uid, resourceVersion, generation, creationTimestamp } = metadata;
  const kept = { name, namespace, uid, resourceVersion, generation, creationTimestamp };
  if (spec === undefined) return { ...rest, metadata: kept };
  const all = Object.entries(spec.template?.metadata?.annotations ?? {});
  const restarts = all.filter(([named]) => named === RESTARTED_AT || named.startsWith(restartName("")));
  const template = { metadata: { annotations: Object.fromEntries(restarts) } };
  return { ...rest, metadata: kept, spec: { ...spec, template } };
}

/** A Deployment, StatefulSet or DaemonSet: the part that shows how far a rollout is. */
export type Workload = z.infer<typeof workloadSchema>;

function workload(kind: string, plural: string): ResourceType<Workload> {
  const schema = workloadSchema.transform(slim);
  return { group: "apps", version: "v1", kind, plural, namespaced: true, schema };
}

const DEPLOYMENTS = workload("Deployment", "deployments");
const STATEFUL_SETS = workload("StatefulSet", "statefulsets");
const DAEMON_SETS = workload("DaemonSet", "daemonsets");

/** The kinds that are restarted, by name. */
export const WORKLOADS = {
  Deployment: DEPLOYMENTS,
  StatefulSet: STATEFUL_SETS,
  DaemonSet: DAEMON_SETS,
} as const;

/** When an object was made, in milliseconds since the epoch. */
export function createdAt({ metadata }: Pick<KubeObject, "metadata">): number {
  return Date.parse(metadata.creationTimestamp ?? "") || 0;
}
