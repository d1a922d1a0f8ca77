import { DEFAULT_TIMING as TIMING, type StatusRecord, type Step } from "../../index.ts";
import { isOwnTag, ownerOfUid, tagOf } from "../owners.ts";
import { HAND_MADE, type Request, type State } from "../state.ts";
import { objectAt, putObject, secretAt } from "../store.ts";
import type { StoredObject } from "../stored.ts";
import { activeKey, keyNamed, valueIn } from "../vendor.ts";
import { isAccounted } from "./accounts.ts";

/** What a status must not say, and what must not be lost from it; asked right before it is written. */
export function auditStatusWrite(
  state: State,
  request: Request,
  { status }: Step & { kind: "write-status" },
): string | undefined {
  const { fingerprint } = status;
  if (fingerprint !== undefined && !state.ghost.written.includes(valueIn(fingerprint)))
    return `a status names the value ${valueIn(fingerprint)}, which was never in a Secret`;
  const object = objectAt(state.cluster, request.apiKey);
  const guarded = object?.uid === request.uid && object.resourceVersion === request.resourceVersion;
  if (object === undefined || !guarded) return undefined;
  const before = namedIn(object.status);
  return (
    auditNamed(
      state,
      request,
      object,
      namedIn(status).filter((id) => !before.includes(id)),
    ) ?? auditDropped(state, putObject(state, request.apiKey, { ...object, status }), before)
  );
}

function namedIn({ keyId, previous }: StatusRecord): readonly string[] {
  return [...(keyId === undefined ? [] : [keyId]), ...previous.map((retiring) => retiring.keyId)];
}

/**
 * A status comes to name no key whose tag is another owner's: a rebuild from a Secret takes over none. An edit after the
 * sender's look at the key cannot be seen.
 */
function auditNamed(
  state: State,
  { apiKey, sawOwn }: Request,
  { uid }: StoredObject,
  named: readonly string[],
): string | undefined {
  for (const id of named) {
    const tag = tagOf(keyNamed(state, id)?.description ?? "");
    if (tag === undefined || (isOwnTag(tag) && tag.owner === ownerOfUid(uid))) continue;
    if (sawOwn.includes(id)) continue;
    const { describedAt } = state;
    if (id === HAND_MADE && describedAt !== undefined && describedAt >= lookBefore(state, apiKey)) continue;
    return `a status comes to name key ${id}, whose tag is another owner's`;
  }
  return undefined;
}

/**
 * From when on an edit of the key made by hand may have come after the look at it, also where the sender has seen it
 * since: right before now; or, where an adoption ends in a roll or in a write of the Secret, right before that.
 */
function lookBefore({ now, cluster }: State, apiKey: number): number {
  const { attempt } = objectAt(cluster, apiKey)?.status ?? {};
  const rolled = attempt?.op === "roll" && attempt.keyId === HAND_MADE ? attempt.startedAt : now;
  const { record } = secretAt(cluster, apiKey) ?? {};
  const written = record?.keyId === HAND_MADE && record.attempt === attempt?.id ? record.committedAt : now;
  return Math.min(rolled, written - TIMING.settleTime, now - TIMING.settleTime);
}

/**
 * A key that a status has named, and does not name any more, is revoked or leaves a trace: also where an interference
 * had taken away its record before, since it was found again.
 */
function auditDropped(before: State, after: State, named: readonly string[]): string | undefined {
  const dropped = named.find((id) => {
    const key = activeKey(before, id);
    const tag = tagOf(key?.description ?? "");
    return key !== undefined && isOwnTag(tag) && !isAccounted(after, key, tag);
  });
  return dropped === undefined
    ? undefined
    : `a status drops the active key ${dropped}, and nothing accounts for it`;
}
