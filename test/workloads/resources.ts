import { kubeObjectSchema, type ResourceType } from "@signatureapi-keys/controller/kube";
import type { WorkloadKind } from "@signatureapi-keys/lifecycle";
import * as z from "zod";

const podSchema = kubeObjectSchema.extend({
  status: z.looseObject({ phase: z.string().optional() }).optional(),
});
type Pod = z.infer<typeof podSchema>;

export const PODS: ResourceType<Pod> = {
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  namespaced: true,
  schema: podSchema,
};

const workloadSchema = kubeObjectSchema.extend({
  spec: z.looseObject({
    template: z.looseObject({
      metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).optional() }),
    }),
  }),
  status: z.looseObject({ observedGeneration: z.number().optional() }).optional(),
});
export type Workload = z.infer<typeof workloadSchema>;

const PLURALS: Readonly<Record<WorkloadKind, string>> = {
  Deployment: "deployments",
  StatefulSet: "statefulsets",
  DaemonSet: "daemonsets",
};

export function workloadType(kind: WorkloadKind): ResourceType<Workload> {
  return {
    group: "apps",
    version: "v1",
    kind,
    plural: PLURALS[kind],
    namespaced: true,
    schema: workloadSchema,
  };
}
