import type { Problem } from "@signatureapi-keys/lifecycle";
import { isKubeError } from "../kube/index.ts";
import { NAMESPACES } from "../resources/types.ts";
import type { ApiKeyEnvironment } from "./environment.ts";

/** A namespace as the API server has it now. */
export interface LiveNamespace {
  readonly labels: Readonly<Record<string, string>>;
  /** Whether it is being deleted, or gone. */
  readonly terminating: boolean;
}

/**
 * Reads a namespace on whose labels it depends whether a key may be made: a cache may not have heard yet that a label
 * was taken away.
 *
 * @returns a problem where the controller may not read it.
 * @throws KubeError for every other failure.
 */
export async function readNamespace(
  { kube }: Pick<ApiKeyEnvironment, "kube">,
  name: string,
): Promise<LiveNamespace | Problem> {
  try {
    const found = await kube.find(NAMESPACES, { name });
    const terminating = found === undefined || found.metadata.deletionTimestamp !== undefined;
    return { labels: found?.metadata.labels ?? {}, terminating };
  } catch (error) {
    if (!isKubeError(error, "forbidden")) throw error;
    const message = `the labels of namespace ${name} decide about live keys, and the controller may not read it; grant it the right to get namespaces (${error.detail})`;
    return { reason: "NotAllowed", message, transient: true };
  }
}
