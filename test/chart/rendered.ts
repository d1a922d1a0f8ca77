import * as z from "zod";

const texts = z.record(z.string(), z.string());

/** An object of a rendered chart, or of a cluster. */
export const renderedSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: texts.optional(),
    annotations: texts.optional(),
  }),
});

export type Rendered = z.infer<typeof renderedSchema>;

const containerSchema = z.looseObject({
  image: z.string(),
  args: z.array(z.string()),
  securityContext: z.unknown().optional(),
});

const podSchema = z.looseObject({
  serviceAccountName: z.string(),
  terminationGracePeriodSeconds: z.number(),
  securityContext: z.unknown().optional(),
  topologySpreadConstraints: z.array(z.looseObject({ labelSelector: z.unknown() })).optional(),
  containers: z.tuple([containerSchema], z.looseObject({ name: z.string() })),
});

const deploymentSchema = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({ metadata: z.looseObject({ labels: texts }), spec: podSchema }),
  }),
});

/** The Pod of a Deployment, its labels, and its only container. */
export function podOf(deployment: Rendered): {
  pod: z.infer<typeof podSchema>;
  labels: Readonly<Record<string, string>>;
  container: z.infer<typeof containerSchema>;
} {
  const { template } = deploymentSchema.parse(deployment).spec;
  return { pod: template.spec, labels: template.metadata.labels, container: template.spec.containers[0] };
}

const rulesSchema = z.array(
  z.strictObject({
    apiGroups: z.array(z.string()).default([]),
    resources: z.array(z.string()).default([]),
    resourceNames: z.array(z.string()).optional(),
    nonResourceURLs: z.array(z.string()).optional(),
    verbs: z.array(z.string()),
  }),
);

/** A rule of a Role or ClusterRole. */
export type Rule = z.infer<typeof rulesSchema>[number];

/** The rules of a Role or ClusterRole. */
export function rulesOf(role: Rendered): readonly Rule[] {
  return rulesSchema.parse(role["rules"]);
}

const bindingSchema = z.looseObject({
  roleRef: z.looseObject({ kind: z.string(), name: z.string() }),
  subjects: z.array(z.looseObject({ kind: z.string(), name: z.string(), namespace: z.string().optional() })),
});

/** Whom a binding binds to what. */
export function bindingOf(binding: Rendered): z.infer<typeof bindingSchema> {
  return bindingSchema.parse(binding);
}

/** The objects of a kind. */
export function ofKind(objects: readonly Rendered[], kind: string): readonly Rendered[] {
  return objects.filter((object) => object.kind === kind);
}

/** The one object of a kind. Throws where there is none, or more than one. */
export function only(objects: readonly Rendered[], kind: string): Rendered {
  const found = ofKind(objects, kind);
  const [object] = found;
  if (object === undefined || found.length > 1)
    throw new Error(`expected one ${kind}, found ${found.length}`);
  return object;
}
