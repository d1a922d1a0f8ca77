import type { ObjectMeta } from "../kube/index.ts";
import { SharedValues } from "../shared-values.ts";

/** What a document keeps of an object's metadata: its name, what guards a write, its age and its deletion. */
export type DocumentMeta = Pick<
  ObjectMeta,
  | "name"
  | "namespace"
  | "uid"
  | "resourceVersion"
  | "generation"
  | "creationTimestamp"
  | "deletionTimestamp"
  | "finalizers"
>;

/** Leaves out what takes memory and is never asked for: managedFields, labels, annotations. */
export function documentMeta(metadata: ObjectMeta): DocumentMeta {
  const { name, namespace, uid, resourceVersion } = metadata;
  const { generation, creationTimestamp, deletionTimestamp, finalizers } = metadata;
  return {
    name,
    namespace,
    uid,
    resourceVersion,
    generation,
    creationTimestamp,
    deletionTimestamp,
    finalizers: finalizers && finalizerLists.alike(finalizers),
  };
}

const finalizerLists = new SharedValues<NonNullable<DocumentMeta["finalizers"]>>();

/** What a write of a status is guarded with: it reaches this object as it was seen, and no other. */
export function identityOf({
  metadata: { name, namespace, uid, resourceVersion },
}: {
  readonly metadata: DocumentMeta;
}): Pick<DocumentMeta, "name" | "namespace" | "uid" | "resourceVersion"> {
  return { name, namespace, uid, resourceVersion };
}
