import { kubeObjectSchema, type KubeClient, type ResourceKind } from "@signatureapi-keys/controller/kube";
import { customResourceDefinitions } from "@signatureapi-keys/controller/resources";
import * as z from "zod";
import type { ExpectedKind, InstalledKind } from "../facts.ts";
import { fieldsOf } from "../kind-fields.ts";
import { attempt, type Read } from "../read.ts";

const GROUP = "signatureapi.com";

const definitionSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    group: z.string(),
    versions: z.array(
      z.looseObject({
        name: z.string(),
        served: z.boolean(),
        schema: z.looseObject({ openAPIV3Schema: z.unknown() }).optional(),
      }),
    ),
  }),
  status: z
    .looseObject({
      conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).optional(),
    })
    .optional(),
});

type Definition = z.output<typeof definitionSchema>;

const installedSchema = kubeObjectSchema.extend(definitionSchema.omit({ metadata: true }).shape);

const DEFINITIONS: ResourceKind<z.output<typeof installedSchema>> = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
  schema: installedSchema,
};

/** The kinds as this plugin knows them. */
export function expectedKinds(): readonly ExpectedKind[] {
  return customResourceDefinitions().map((definition) => {
    const parsed = definitionSchema.parse(definition);
    const [version] = parsed.spec.versions;
    return {
      name: parsed.metadata.name,
      version: version?.name ?? "",
      fields: fieldsOf(version?.schema?.openAPIV3Schema),
    };
  });
}

/** The kinds of our group that the cluster has. Only they are read, each by its name. */
export async function readKinds(
  kube: Pick<KubeClient, "find">,
  expected: readonly ExpectedKind[],
): Promise<Read<readonly InstalledKind[]>> {
  return attempt(async () => {
    const found = await Promise.all(expected.map(async ({ name }) => kube.find(DEFINITIONS, { name })));
    return found.flatMap((definition, index) =>
      definition?.spec.group === GROUP ? [installed(definition, expected[index]?.version ?? "")] : [],
    );
  });
}

function installed(definition: Definition, version: string): InstalledKind {
  const { versions } = definition.spec;
  const conditions = definition.status?.conditions ?? [];
  return {
    name: definition.metadata.name,
    served: versions.filter(({ served }) => served).map(({ name }) => name),
    established: conditions.some(({ type, status }) => type === "Established" && status === "True"),
    fields: fieldsOf(versions.find(({ name }) => name === version)?.schema?.openAPIV3Schema),
  };
}
