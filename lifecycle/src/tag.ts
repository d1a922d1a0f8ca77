/**
 * What the description of a key of ours ends in, so that it can be traced to the attempt that asked for it:
 * `[ak:<installation>.<owner>:<revision>:<attempt>]`, with a `?` before the bracket while it is unconfirmed.
 */
export interface Tag {
  /** Who manages the key: ten hex digits. */
  readonly installation: string;
  /** The object that declares the key: sixteen hex digits. */
  readonly owner: string;
  /** The how-manieth key of its owner, counted from 1; at most six digits. {@link ADOPTED} where it was not minted. */
  readonly revision: number;
  /** The attempt that asked for the key: eight base32 characters. */
  readonly attempt: string;
  /** True until the value is about to be handed over; only the Pulumi provider mints unconfirmed keys. */
  readonly unconfirmed?: boolean;
}

/** What no text of a user may contain: it would read as the start of a tag. */
export const TAG_START = "[ak:";

/** The largest revision that a tag can carry: a longer number would make the key untraceable. */
export const MAX_REVISION = 999_999;

/**
 * The revision in the tag of a key that was adopted: somebody else has made it. So its tag alone is never a licence to
 * revoke it, whatever else is lost; it takes a status that names it.
 */
export const ADOPTED = 0;

const TAG = /\[ak:([0-9a-f]{10})\.([0-9a-f]{16}):([0-9]{1,6}):([a-z2-7]{8})(\?)?\]/g;

/** Writes a tag. @internal */
export function formatTag(tag: Tag): string {
  const mark = tag.unconfirmed === true ? "?" : "";
  return `${TAG_START}${tag.installation}.${tag.owner}:${tag.revision}:${tag.attempt}${mark}]`;
}

/**
 * Reads the tag out of a description.
 *
 * The last one wins, since ours is written behind the user's text. `undefined` where the description carries
 * no tag, also where somebody cut it.
 */
export function parseTag(description: string): Tag | undefined {
  const match = [...description.matchAll(TAG)].at(-1);
  if (match === undefined) return undefined;
  const [, installation = "", owner = "", revision = "", attempt = "", unconfirmed] = match;
  const tag = { installation, owner, revision: Number(revision), attempt };
  return unconfirmed === undefined ? tag : { ...tag, unconfirmed: true };
}

/** Whether a description that the API has given back still ends in the tag that was sent. */
export function keepsTag(description: string, tag: Tag): boolean {
  const kept = parseTag(description);
  return kept !== undefined && formatTag(kept) === formatTag(tag);
}

/** The description to send: the user's text and the tag. */
export function withTag(text: string, tag: Tag): string {
  return text === "" ? formatTag(tag) : `${text} ${formatTag(tag)}`;
}

/** The user's part of a description: every tag taken off. */
export function withoutTag(description: string): string {
  return description.replaceAll(TAG, "").trimEnd();
}
