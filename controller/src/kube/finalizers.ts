/** What these functions need of `metadata`. */
interface Finalizable {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly finalizers?: readonly string[] | undefined;
}

/** One operation of a JSON patch (RFC 6902). */
export interface JsonPatchOperation {
  readonly op: "add" | "remove" | "replace" | "test";
  readonly path: string;
  readonly value?: unknown;
}

export function hasFinalizer(metadata: Pick<Finalizable, "finalizers">, finalizer: string): boolean {
  return metadata.finalizers?.includes(finalizer) === true;
}

/** The metadata with the finalizer, others' kept; the same object if it is there. */
export function addFinalizer<M extends Pick<Finalizable, "finalizers">>(metadata: M, finalizer: string): M {
  if (hasFinalizer(metadata, finalizer)) return metadata;
  return { ...metadata, finalizers: [...(metadata.finalizers ?? []), finalizer] };
}

/** The metadata without the finalizer, others' kept; the same object if it is not there. */
export function removeFinalizer<M extends Pick<Finalizable, "finalizers">>(
  metadata: M,
  finalizer: string,
): M {
  if (!hasFinalizer(metadata, finalizer)) return metadata;
  return { ...metadata, finalizers: metadata.finalizers?.filter((other) => other !== finalizer) };
}

/**
 * A JSON patch that adds the finalizer and touches no other; undefined if it is there. If the object has changed since
 * it was read the API server answers with a conflict, if it is another one of that name, with `invalid`.
 */
export function addFinalizerPatch(
  metadata: Finalizable,
  finalizer: string,
): JsonPatchOperation[] | undefined {
  if (hasFinalizer(metadata, finalizer)) return undefined;
  const add: JsonPatchOperation =
    metadata.finalizers === undefined || metadata.finalizers.length === 0
      ? { op: "add", path: "/metadata/finalizers", value: [finalizer] }
      : { op: "add", path: "/metadata/finalizers/-", value: finalizer };
  return [...guard(metadata), add];
}

/** As {@link addFinalizerPatch}, removing it. */
export function removeFinalizerPatch(
  metadata: Finalizable,
  finalizer: string,
): JsonPatchOperation[] | undefined {
  const index = metadata.finalizers?.indexOf(finalizer) ?? -1;
  if (index === -1) return undefined;
  const path = `/metadata/finalizers/${index}`;
  return [...guard(metadata), { op: "test", path, value: finalizer }, { op: "remove", path }];
}

/** `replace` and not `test` of the version: a stale one is then a conflict, like in an update, and not `invalid`. */
function guard({ uid, resourceVersion }: Finalizable): JsonPatchOperation[] {
  return [
    { op: "test", path: "/metadata/uid", value: uid },
    { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion },
  ];
}
