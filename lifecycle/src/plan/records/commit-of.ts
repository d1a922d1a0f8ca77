import type { Attempt } from "../../attempt.ts";
import type { RemoteKey } from "../../evidence.ts";
import { parseTag } from "../../tag.ts";
import type { CommitRecord } from "../view/secret.ts";
import type { PresentView } from "../view/view.ts";

/**
 * Whether a Secret's record is of this attempt's commit. The key itself says which attempt has made it; the annotation
 * that says so can be edited. A roll leaves the tag as it was: it is known by its key, and by a value that is not the one
 * on record.
 *
 * @param key that the record names, as a GET has shown it, with the value that stands in the Secret.
 */
export function isCommitOf(
  { object: { status } }: PresentView,
  record: CommitRecord,
  key: RemoteKey,
  attempt: Attempt,
): boolean {
  if (attempt.op !== "roll") return parseTag(key.description)?.attempt === attempt.id;
  if (record.attempt === attempt.id) return true;
  return attempt.keyId === key.id && record.fingerprint !== status.fingerprint;
}
