import { parseTag, type Findings, type StatusRecord } from "../index.ts";
import { ownerOfUid } from "./owners.ts";
import type { State } from "./state.ts";
import type { VendorKey } from "./stored.ts";

/** Every way in which an inventory can be right or wrong about a key is tried: it is a hint, and never evidence. */
const NOTHING_FOUND: Findings = { doubts: [], leftovers: [], orphans: [] };

/** Takes an inventory of the account. @returns `undefined` where it finds what the last one found. */
export function sweep(state: State): State | undefined {
  const findings = state.cluster.apiKeys.map(({ now }) =>
    now === undefined ? undefined : findingsFor(now, state.keys),
  );
  if (JSON.stringify(findings) === JSON.stringify(state.findings)) return undefined;
  return { ...state, findings, sweptAt: state.now };
}

/**
 * What an inventory would have an ApiKey look into. It is less careful than the real one: whatever carries the
 * owner's tag, and is neither named by the status nor under way, is a leftover and an orphan at once.
 */
function findingsFor(
  { uid, status }: { readonly uid: string; readonly status: StatusRecord },
  keys: readonly VendorKey[],
): Findings {
  const active = keys.filter((key) => key.status === "active");
  const owner = ownerOfUid(uid);
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
