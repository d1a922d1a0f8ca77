import { withTag, type Attempt, type DesiredKey } from "@signatureapi-keys/lifecycle";

/** The description that a key is asked for with: the user's text, and the tag that traces it to its attempt. */
export function taggedDescription(
  desired: DesiredKey,
  attempt: Attempt,
  installation: string,
  owner: string,
): string {
  const tag = { installation, owner, revision: attempt.revision, attempt: attempt.id };
  return withTag(desired.description, tag);
}
