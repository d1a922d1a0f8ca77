import type { KubeObject } from "@signatureapi-keys/controller/kube";
import { SECRET_ANNOTATIONS } from "@signatureapi-keys/controller/resources";
import { lengthOf } from "./object.ts";
import { redactText } from "./text.ts";

/** Labels of programs, whose values are names and versions. */
const KNOWN_LABEL =
  /^(?:(?:[a-z0-9.-]+\.)?(?:kubernetes\.io|k8s\.io|signatureapi\.com|helm\.sh)\/|pod-template-hash$)/u;

/** Annotations that the controller writes: IDs, times and fingerprints. Those that users write hold texts of theirs. */
const KNOWN_ANNOTATIONS: ReadonlySet<string> = new Set(
  Object.entries(SECRET_ANNOTATIONS)
    .filter(([what]) => !["trigger", "rotate", "emergency"].includes(what))
    .map(([, name]) => name),
);

/** The metadata of an object, without managed fields, and without texts of users. */
export function redactMetadata({
  metadata,
}: Pick<KubeObject, "metadata">): Readonly<Record<string, unknown>> {
  const { name, namespace, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp } =
    metadata;
  const { labels, annotations, finalizers, ownerReferences } = metadata;
  return dropUndefined({
    name: redactText(name),
    namespace,
    uid,
    resourceVersion,
    generation,
    creationTimestamp,
    deletionTimestamp,
    labels: texts(labels, (label) => KNOWN_LABEL.test(label)),
    annotations: texts(annotations, (annotation) => KNOWN_ANNOTATIONS.has(annotation)),
    finalizers,
    ownerReferences: ownerReferences?.map(({ apiVersion, kind, name: owner, uid: ownerUid }) => ({
      apiVersion,
      kind,
      name: redactText(owner),
      uid: ownerUid,
    })),
  });
}

function texts(
  record: Readonly<Record<string, string>> | undefined,
  isKnown: (name: string) => boolean,
): Readonly<Record<string, string>> | undefined {
  if (record === undefined) return undefined;
  const entries = Object.entries(record);
  return Object.fromEntries(
    entries.map(([name, text]) => [redactText(name), isKnown(name) ? redactText(text) : lengthOf(text)]),
  );
}

function dropUndefined(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}
