import { z } from "zod";
import { kubeObjectSchema, type KubeObject, type ResourceType } from "../kube/index.ts";

const count = z.number().optional();

const conditionSchema = z.looseObject({
  type: z.string(),
  status: z.string().optional(),
  reason: z.string().optional(),
});

const workloadSchema = kubeObjectSchema.extend({
  spec: z
    .looseObject({
      replicas: count,
      paused: z.boolean().optional(),
      /** Of StatefulSets and DaemonSets. */
      updateStrategy: z
        .looseObject({
          type: z.string().optional(),
          rollingUpdate: z.looseObject({ partition: count }).optional(),
        })
        .optional(),
      template: z
        .looseObject({
          metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).optional() }).optional(),
        })
        .optional(),
    })
    .optional(),
  status: z
    .looseObject({
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

/** A Deployment, StatefulSet or DaemonSet: the part that shows how far a rollout is. */
export type Workload = z.infer<typeof workloadSchema>;

function workload(kind: string, plural: string): ResourceType<Workload> {
  return { group: "apps", version: "v1", kind, plural, namespaced: true, schema: workloadSchema };
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
