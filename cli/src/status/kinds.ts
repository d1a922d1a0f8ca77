import { kubeObjectSchema, type ResourceKind } from "@signatureapi-keys/controller/kube";
import * as z from "zod";
import { podSpecSchema } from "./secret-uses.ts";

const podSchema = kubeObjectSchema.extend({
  spec: podSpecSchema.optional(),
  status: z.looseObject({ phase: z.string().optional(), startTime: z.string().optional() }).optional(),
});

/** A Pod, as far as the tree shows it. */
export type Pod = z.infer<typeof podSchema>;

export const PODS: ResourceKind<Pod> = {
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  namespaced: true,
  schema: podSchema,
};

const count = z.number().optional();
const templateSchema = z.looseObject({ spec: podSpecSchema.optional() }).optional();

const workloadSchema = kubeObjectSchema.extend({
  spec: z
    .looseObject({
      replicas: count,
      paused: z.boolean().optional(),
      template: templateSchema,
      jobTemplate: z.looseObject({ spec: z.looseObject({ template: templateSchema }).optional() }).optional(),
    })
    .optional(),
  status: z
    .looseObject({
      replicas: count,
      updatedReplicas: count,
      availableReplicas: count,
      desiredNumberScheduled: count,
      updatedNumberScheduled: count,
      numberAvailable: count,
    })
    .optional(),
});

/** What makes Pods, as far as the tree shows it. */
export type Workload = z.infer<typeof workloadSchema>;

function workload(group: string, kind: string, plural: string): ResourceKind<Workload> {
  return { group, version: "v1", kind, plural, namespaced: true, schema: workloadSchema };
}

/** The kinds whose Pod templates are looked at. */
export const WORKLOADS: readonly ResourceKind<Workload>[] = [
  workload("apps", "Deployment", "deployments"),
  workload("apps", "StatefulSet", "statefulsets"),
  workload("apps", "DaemonSet", "daemonsets"),
  workload("batch", "CronJob", "cronjobs"),
];
