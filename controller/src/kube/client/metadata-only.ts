import { kubeObjectSchema } from "./object-meta.ts";
import type { ResourceKind } from "./resource-type.ts";

// No other form is accepted: a server that cannot leave the rest out answers 406, and sends no object.
const PARTIAL_OBJECT = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/**
 * The same kind, of which only `metadata` is read: gets, lists and watches of it transfer nothing else. So the values of
 * Secrets stay in the API server.
 */
export function metadataOf(kind: ResourceKind): ResourceKind {
  const { group, version, plural, namespaced } = kind;
  return {
    group,
    version,
    plural,
    namespaced,
    kind: kind.kind,
    schema: kubeObjectSchema,
    metadataOnly: true,
  };
}

/** The header by which a read of this kind requests no more than it needs. */
export function acceptHeader(
  type: Pick<ResourceKind, "metadataOnly">,
  answer: "object" | "list",
): Readonly<Record<string, string>> {
  if (type.metadataOnly !== true) return {};
  return { accept: answer === "object" ? PARTIAL_OBJECT : PARTIAL_LIST };
}
