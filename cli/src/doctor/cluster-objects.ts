import { kubeObjectSchema, type ResourceKind } from "@signatureapi-keys/controller/kube";
import * as z from "zod";

const containerSchema = z.looseObject({
  name: z.string(),
  image: z.string().optional(),
  args: z.array(z.string()).optional(),
  env: z
    .array(
      z.looseObject({ name: z.string(), value: z.string().optional(), valueFrom: z.unknown().optional() }),
    )
    .optional(),
});

const deploymentSchema = kubeObjectSchema.extend({
  spec: z.looseObject({
    replicas: z.number().optional(),
    selector: z.looseObject({ matchLabels: z.record(z.string(), z.string()).optional() }).optional(),
    template: z.looseObject({
      spec: z.looseObject({
        serviceAccountName: z.string().optional(),
        containers: z.array(containerSchema),
      }),
    }),
  }),
  status: z.looseObject({ replicas: z.number().optional(), readyReplicas: z.number().optional() }).optional(),
});

/** A Deployment, as far as it is looked at. */
export type Deployment = z.output<typeof deploymentSchema>;

/** `deployments.apps/v1`. */
export const DEPLOYMENTS: ResourceKind<Deployment> = {
  group: "apps",
  version: "v1",
  plural: "deployments",
  kind: "Deployment",
  namespaced: true,
  schema: deploymentSchema,
};

const stateSchema = z
  .looseObject({
    waiting: z.looseObject({ reason: z.string().optional(), message: z.string().optional() }).optional(),
    terminated: z.looseObject({ reason: z.string().optional(), exitCode: z.number().optional() }).optional(),
  })
  .optional();

const podSchema = kubeObjectSchema.extend({
  spec: z.looseObject({ containers: z.array(containerSchema).optional() }).optional(),
  status: z
    .looseObject({
      phase: z.string().optional(),
      containerStatuses: z
        .array(
          z.looseObject({
            name: z.string(),
            ready: z.boolean().optional(),
            restartCount: z.number().optional(),
            state: stateSchema,
            lastState: stateSchema,
          }),
        )
        .optional(),
    })
    .optional(),
});

/** A Pod, as far as it is looked at. */
export type ControllerPod = z.output<typeof podSchema>;

/** `pods/v1`. */
export const PODS: ResourceKind<ControllerPod> = {
  group: "",
  version: "v1",
  plural: "pods",
  kind: "Pod",
  namespaced: true,
  schema: podSchema,
};

/** The name of the controller's container in the chart. */
const CONTAINER = "controller";

/** The container that runs the controller: the one that the chart names so, or else the first. */
export function controllerContainer({
  spec: {
    template: {
      spec: { containers },
    },
  },
}: Deployment): z.output<typeof containerSchema> | undefined {
  return containers.find(({ name }) => name === CONTAINER) ?? containers[0];
}

/** The service account of a Deployment, as requests name its user. */
export function serviceAccountOf({ metadata, spec }: Deployment): { namespace: string; name: string } {
  return { namespace: metadata.namespace ?? "", name: spec.template.spec.serviceAccountName ?? "default" };
}

/** `system:serviceaccount:<namespace>:<name>`. */
export function userOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `system:serviceaccount:${namespace}:${name}`;
}
