import type { SecretUser } from "@signatureapi-keys/lifecycle";
import * as z from "zod";
import { kubeObjectSchema, type KubeObject, type ResourceType } from "../kube/index.ts";
import { createdAt } from "./types.ts";

const keyRef = z.looseObject({ name: z.string().optional() }).optional();

const containerSchema = z.looseObject({
  env: z.array(z.looseObject({ valueFrom: z.looseObject({ secretKeyRef: keyRef }).optional() })).optional(),
  envFrom: z.array(z.looseObject({ secretRef: keyRef })).optional(),
});

const containerStatusSchema = z.looseObject({
  state: z.looseObject({ running: z.unknown().optional(), terminated: z.unknown().optional() }).optional(),
  lastState: z.looseObject({ terminated: z.unknown().optional() }).optional(),
});

const podSchema = kubeObjectSchema.extend({
  spec: z
    .looseObject({
      containers: z.array(containerSchema).optional(),
      initContainers: z.array(containerSchema).optional(),
      ephemeralContainers: z.array(containerSchema).optional(),
      volumes: z
        .array(
          z.looseObject({
            secret: z.looseObject({ secretName: z.string().optional() }).optional(),
            projected: z
              .looseObject({ sources: z.array(z.looseObject({ secret: keyRef })).nullish() })
              .optional(),
          }),
        )
        .optional(),
    })
    .optional(),
  status: z
    .looseObject({
      phase: z.string().optional(),
      containerStatuses: z.array(containerStatusSchema).optional(),
      initContainerStatuses: z.array(containerStatusSchema).optional(),
    })
    .optional(),
});

/** A Pod as the API server shows it. */
export type Pod = z.infer<typeof podSchema>;

/** What is kept of a Pod while a namespace's Pods are listed: there may be thousands. */
export type PodFacts = KubeObject & {
  /** The Secrets that it takes something from. */
  readonly secrets: readonly string[];
  /** Whether it runs, or has begun to: it may have a value in its memory. */
  readonly started: boolean;
};

/** Pods as they are taken from the API server. */
export const PODS: ResourceType<PodFacts> = {
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  namespaced: true,
  schema: podSchema.transform(podFacts),
};

/** Reduces a Pod to its facts. @internal */
export function podFacts(pod: Pod): PodFacts {
  const { apiVersion, kind, metadata } = pod;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const kept = { name, namespace, uid, resourceVersion, creationTimestamp };
  return { apiVersion, kind, metadata: kept, secrets: secretsOf(pod), started: hasStarted(pod) };
}

/** The Pods that use a Secret: each may have a value of it in its memory. */
export function secretUsers(pods: readonly PodFacts[], secretName: string): readonly SecretUser[] {
  return pods
    .filter(({ started, secrets }) => started && secrets.includes(secretName))
    .map((pod) => ({ name: pod.metadata.name, createdAt: createdAt(pod) }));
}

/** Whatever a Pod takes into its environment or a volume, in a container of any sort. */
function secretsOf({ spec = {} }: Pod): readonly string[] {
  const { containers = [], initContainers = [], ephemeralContainers = [], volumes = [] } = spec;
  const all = [...containers, ...initContainers, ...ephemeralContainers];
  const names = [
    ...all.flatMap(({ env = [] }) => env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name)),
    ...all.flatMap(({ envFrom = [] }) => envFrom.map(({ secretRef }) => secretRef?.name)),
    ...volumes.map(({ secret }) => secret?.secretName),
    ...volumes.flatMap(({ projected }) => projected?.sources?.map(({ secret }) => secret?.name) ?? []),
  ];
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** A Pod that waits for its node or its images has read nothing yet; one that has ended uses nothing any more. */
function hasStarted({ status = {} }: Pod): boolean {
  const { phase, containerStatuses = [], initContainerStatuses = [] } = status;
  if (phase === "Succeeded" || phase === "Failed") return false;
  if (phase !== "Pending" && phase !== undefined) return true;
  return [...containerStatuses, ...initContainerStatuses].some(
    ({ state, lastState }) =>
      state?.running !== undefined || state?.terminated !== undefined || lastState?.terminated !== undefined,
  );
}
