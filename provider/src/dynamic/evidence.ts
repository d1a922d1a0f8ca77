import { judgeEvidence, parseTag, type Tag } from "@signatureapi-keys/lifecycle";
import type { ApiKey } from "@signatureapi-keys/management-api";

/** Whose resource, as tags name it. */
export interface Identity {
  readonly installation: string;
  readonly owner: string;
}

/** The tag of a key if it names this resource. */
export function tagOf(apiKey: ApiKey, identity: Identity): Tag | undefined {
  const tag = parseTag(apiKey.description);
  return tag?.installation === identity.installation && tag.owner === identity.owner ? tag : undefined;
}

/**
 * Says why a key that the state names must not be touched, or `undefined` where it is ours: its tag names this resource
 * and the attempt that the state recorded, or it carries no tag, because somebody edited the description. With another
 * attempt, somebody adopted the key after us: the same resource, when it was replaced, or another state.
 *
 * @param apiKey the key as a GET has just shown it.
 */
export function whyNotOurs(apiKey: ApiKey, identity: Identity, attempt: string): string | undefined {
  const evidence = judgeEvidence(
    { ...apiKey, createdAt: apiKey.createdAt.getTime() },
    { ...identity, namedByStatus: true },
  );
  if (!evidence.ours) return evidence.why;
  if (evidence.tag === undefined || evidence.tag.attempt === attempt) return undefined;
  return `key ${apiKey.id} was taken over by attempt ${evidence.tag.attempt}, and this state recorded ${attempt}`;
}
