import { judgeEvidence, parseTag, type Tag } from "@signatureapi-keys/lifecycle";
import type { ApiKey } from "@signatureapi-keys/management-api";

/** Whose resource, as tags name it. */
export interface Identity {
  readonly installation: string;
  readonly owner: string;
}

/** A key as a state records it: its ID, and the attempt in the tag that it was given. */
export interface RecordedKey {
  readonly keyId: string;
  readonly attempt: string;
}

/** The tag of a key if it names this resource. */
export function tagOf(apiKey: ApiKey, identity: Identity): Tag | undefined {
  const tag = parseTag(apiKey.description);
  return tag?.installation === identity.installation && tag.owner === identity.owner ? tag : undefined;
}

/** Whether a key that was asked for by its ID exists and still works. */
export function isLive(apiKey: ApiKey | undefined): apiKey is ApiKey {
  return apiKey !== undefined && apiKey.status !== "revoked";
}

/**
 * Says why a recorded key must not be touched, or `undefined` where it is ours: its tag names this resource and the
 * recorded attempt, or it carries no tag, because its description was edited in the dashboard. Another attempt in the tag
 * means that the key was adopted after us: by the same resource, when it was replaced, or from another state.
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
