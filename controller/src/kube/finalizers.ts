/** What a change of finalizers needs of `metadata`. */
interface Finalizable {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly finalizers?: readonly string[] | undefined;
}

/** A merge patch of finalizers, guarded by what was read. */
export interface FinalizersPatch {
  readonly metadata: Finalizable & { readonly finalizers: readonly string[] };
}

export function hasFinalizer(metadata: Pick<Finalizable, "finalizers">, finalizer: string): boolean {
  return metadata.finalizers?.includes(finalizer) === true;
}

/**
 * A merge patch that adds the finalizer, others' kept; undefined if it is there. Finalizers of others are in the same
 * list, so it carries the resourceVersion: if the object has changed since it was read, the API server answers with a
 * conflict.
 */
export function addFinalizerPatch(metadata: Finalizable, finalizer: string): FinalizersPatch | undefined {
  if (hasFinalizer(metadata, finalizer)) return undefined;
  return patchOf(metadata, [...(metadata.finalizers ?? []), finalizer]);
}

/** As {@link addFinalizerPatch}, removing it. */
export function removeFinalizerPatch(metadata: Finalizable, finalizer: string): FinalizersPatch | undefined {
  if (!hasFinalizer(metadata, finalizer)) return undefined;
  return patchOf(metadata, metadata.finalizers?.filter((name) => name !== finalizer) ?? []);
}

function patchOf({ uid, resourceVersion }: Finalizable, finalizers: readonly string[]): FinalizersPatch {
  return { metadata: { uid, resourceVersion, finalizers } };
}
