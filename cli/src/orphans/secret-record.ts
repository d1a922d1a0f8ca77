import type { KubeObject } from "@signatureapi-keys/controller/kube";
import { SECRET_ANNOTATIONS } from "@signatureapi-keys/controller/resources";

/** The keys that the annotations of a Secret name. */
export interface SecretRecord {
  readonly namespace: string;
  readonly name: string;
  readonly keyIds: readonly string[];
}

/** Anything that may be an ID of a key, in whatever form a version has written its records. */
const ID = /[^\s"',:;{}[\]]+/gu;

/**
 * Reads what a Secret's metadata records; undefined without a record of ours. Each word of the records counts as an ID: a
 * word too many keeps a key that could go, and a word too few revokes one that is used.
 */
export function secretRecordOf({ metadata }: Pick<KubeObject, "metadata">): SecretRecord | undefined {
  const { namespace = "", name, annotations = {} } = metadata;
  const texts = [SECRET_ANNOTATIONS.keyId, SECRET_ANNOTATIONS.previous, SECRET_ANNOTATIONS.adopt].map(
    (annotation) => annotations[annotation] ?? "",
  );
  const keyIds = texts.flatMap((text) => text.match(ID) ?? []);
  return keyIds.length === 0 ? undefined : { namespace, name, keyIds };
}
