import { ownerOf, parseTag, type Tag } from "../index.ts";
import { INSTALLATION, OLD_INSTALLATION, type State } from "./state.ts";
import type { VendorKey } from "./stored.ts";

const tags = new Map<string, Tag | undefined>();

/** The tag in a description. It is asked for in every state, and there are few descriptions. */
export function tagOf(description: string): Tag | undefined {
  if (tags.has(description)) return tags.get(description);
  const tag = parseTag(description);
  tags.set(description, tag);
  return tag;
}

/** Whether a tag is of this installation, or of one that it has taken over from. */
export function isOwnTag(tag: Tag | undefined): tag is Tag {
  return tag?.installation === INSTALLATION || tag?.installation === OLD_INSTALLATION;
}

const owners = new Map<string, string>();

/** The owner part of an ApiKey's tags, by its UID. */
export function ownerOfUid(uid: string): string {
  const known = owners.get(uid) ?? ownerOf(uid);
  owners.set(uid, known);
  return known;
}

/** The index of the ApiKey that a key's tag names, if that exists. */
export function ownerIndex(state: State, key: VendorKey): number {
  const owner = tagOf(key.description)?.owner;
  return state.cluster.apiKeys.findIndex(({ now }) => now !== undefined && ownerOfUid(now.uid) === owner);
}
