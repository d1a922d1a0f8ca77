import type { KubeClient, ObjectRef } from "@signatureapi-keys/controller/kube";
import { API_KEYS } from "@signatureapi-keys/controller/resources";
import { apiKeyFacts, type ApiKeyFacts } from "./facts.ts";

/** An ApiKey as it was read, with what guards a change of it. */
export interface FoundApiKey {
  readonly facts: ApiKeyFacts;
  readonly uid: string;
}

/**
 * Reads an ApiKey.
 * @throws KubeError `not-found` if there is none
 */
export async function readApiKey(client: KubeClient, ref: ObjectRef): Promise<FoundApiKey> {
  const object = await client.get(API_KEYS, ref);
  return { facts: apiKeyFacts(object), uid: object.metadata.uid };
}

/**
 * Asks the controller by an annotation, the spec untouched.
 * @param found guards against another ApiKey of the same name, made meanwhile: the API server answers with a conflict
 */
export async function annotateApiKey(
  client: KubeClient,
  ref: ObjectRef,
  found: FoundApiKey,
  annotations: Readonly<Record<string, string>>,
): Promise<void> {
  await client.patch(API_KEYS, ref, { metadata: { uid: found.uid, annotations } }, { type: "merge" });
}
