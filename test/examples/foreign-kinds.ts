import { stringify } from "yaml";
import type { ClusterClient } from "../cluster/cluster-client.ts";

/** A kind of another project, which is not installed in a test. */
export interface ForeignKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
}

/**
 * Lets the API server store objects of kinds of other projects, whatever their fields are: their types are checked by
 * schemas.test.ts. Resolves once the kinds are served.
 */
export async function installForeignKinds(
  cluster: Pick<ClusterClient, "apply" | "kubectl">,
  kinds: readonly ForeignKind[],
): Promise<void> {
  const definitions = kinds.map(({ group, version, kind, plural }) =>
    stringify({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: "Namespaced",
        names: { kind, plural, singular: kind.toLowerCase() },
        versions: [
          {
            name: version,
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
          },
        ],
      },
    }),
  );
  await cluster.apply(definitions.join("---\n"));
  const names = kinds.map(({ group, plural }) => `crd/${plural}.${group}`);
  await cluster.kubectl(["wait", "--for=condition=Established", ...names, "--timeout=30s"]);
}
