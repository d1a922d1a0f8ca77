import { ownerOf } from "../../identity.ts";
import { parseTag } from "../../tag.ts";
import type { Findings } from "../view/account.ts";
import type { StatusRecord } from "../view/status.ts";
import type { VendorKey } from "./vendor.ts";

/** Every way in which an inventory can be right or wrong about a key is tried: it is a hint, and never evidence. */
const NOTHING_FOUND: Findings = { doubts: [], leftovers: [], orphans: [] };

/**
 * What an inventory would tell an ApiKey to look into. It is less careful than the real one: whatever carries the
 * owner's tag, and is neither named by the status nor under way, is told as a leftover and as an orphan at once.
 */
export function findingsFor(
  { uid, status }: { readonly uid: string; readonly status: StatusRecord },
  keys: Iterable<VendorKey>,
): Findings {
  const active = [...keys].filter((key) => key.status === "active");
  const owner = ownerOf(uid);
  const known = [status.keyId, ...status.previous.map(({ keyId }) => keyId)];
  const unnamed = active
    .filter(({ id, description }) => {
      const tag = parseTag(description);
      return tag?.owner === owner && tag.attempt !== status.attempt?.id && !known.includes(id);
    })
    .map(({ id }) => id);
  const recorded = active.find(({ id }) => id === status.keyId);
  const isDoubtful = status.keyId !== undefined && recorded?.hint !== status.hint;
  if (!isDoubtful && unnamed.length === 0) return NOTHING_FOUND;
  return { doubts: isDoubtful ? [status.keyId] : [], leftovers: unnamed, orphans: unnamed };
}
