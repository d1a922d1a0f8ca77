import type { Problem } from "../view/problem.ts";
import type { Retiring } from "../view/status.ts";
import type { View } from "../view/view.ts";

/**
 * Until when the answer that there is no such key proves nothing, in milliseconds since the epoch; `undefined` where it
 * is believed.
 *
 * A read may lag behind a create: the vendor's API may show a new key some seconds later. Whatever was made, committed
 * or replaced less than a settle time ago is asked for again before its absence counts.
 */
export function disbelievedUntil(view: View, keyId: string): number | undefined {
  const { now, timing } = view;
  // A time far ahead was forged, or set by a clock that jumped: nobody waits for it.
  const times = timesOf(view, keyId).filter((time) => time <= now + timing.settleTime);
  if (times.length === 0) return undefined;
  const until = Math.max(...times) + timing.settleTime;
  return now < until ? until : undefined;
}

/** When this process, or a record, has last had to do with a key that existed. */
function timesOf({ object, secret, pass }: View, keyId: string): readonly number[] {
  const { pendingCommit } = pass;
  const minted = pendingCommit?.keyId === keyId ? pendingCommit.receivedAt : undefined;
  const status = object.state === "present" ? object.status : undefined;
  const recorded = status?.keyId === keyId ? status.recordedAt : undefined;
  const beside = secret.state === "present" && secret.owner === "this" ? secret.record : undefined;
  const committed = beside?.keyId === keyId ? beside.committedAt : undefined;
  const retiring = [...(status?.previous ?? []), ...(beside?.previous ?? [])];
  const replaced = retiring.filter((each) => each.keyId === keyId).map(replacedTime);
  return [minted, recorded, committed, ...replaced].filter((time) => time !== undefined);
}

/** A key without an overlap was replaced when its time was over. */
function replacedTime({ replacedAt, revokeAt }: Retiring): number {
  return replacedAt ?? revokeAt;
}

/** What is said while a key that was not found is asked for again. */
export function notVisibleProblem(keyId: string): Problem {
  const message = `the management API does not show key ${keyId}, which was made or replaced less than a minute ago; the controller requests it again before it counts as revoked`;
  return { reason: "KeyNotVisible", message, transient: true };
}
