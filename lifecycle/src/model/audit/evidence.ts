import { DEFAULT_TIMING as TIMING } from "../../index.ts";
import { isOwnTag, ownerOfUid, tagOf } from "../owners.ts";
import { HAND_MADE, type Request, type State } from "../state.ts";
import { activeKey, keyNamed } from "../vendor.ts";

/** A key is revoked, rolled or described only where its tag names us, or where there is none and a status names it. */
export function auditHarm(state: State, { step, uid, sawOwn }: Request, keyId: string): string | undefined {
  const key = activeKey(state, keyId);
  if (key === undefined) return undefined;
  const tag = tagOf(key.description);
  // Where the tag was edited off, what a status names is ours all the same.
  if (tag === undefined && state.ghost.adopted.includes(keyId)) return undefined;
  // An edit by hand after the sender's look at the key cannot be seen.
  if (keyId === HAND_MADE && state.describedAt !== undefined && sawOwn.includes(keyId)) return undefined;
  const ours = isOwnTag(tag) && tag.owner === ownerOfUid(uid);
  return ours ? undefined : `${step.kind} harms the key ${keyId}, which is not ours`;
}

/**
 * An adoption may describe the one key that it is allowed, while no other ApiKey has it. Two that want it may look
 * before either has tagged it: the later tag stands. But none may come later than the settle time of another installation.
 */
export function auditAdoption(state: State, request: Request, keyId: string): string | undefined {
  const tag = tagOf(keyNamed(state, keyId)?.description ?? "");
  const foreign = tag !== undefined && !isOwnTag(tag);
  if (foreign && !wasJustDescribed(state, keyId)) return `the foreign key ${keyId} is adopted`;
  return auditUndo(state, request, keyId);
}

/** An adoption that is given up puts back the description of its own key, and of no other. */
export function auditUndo(state: State, { uid, step }: Request, keyId: string): string | undefined {
  const taken = state.cluster.apiKeys.some(
    ({ now }) => now !== undefined && now.uid !== uid && now.status.keyId === keyId,
  );
  const active = activeKey(state, keyId) !== undefined;
  return keyId === HAND_MADE && !(active && taken)
    ? undefined
    : `${step.kind} harms the key ${keyId}, which is not ours`;
}

/** Whether its description was edited by hand within the time between a look at a key and what follows. */
function wasJustDescribed({ now, describedAt }: State, keyId: string): boolean {
  return keyId === HAND_MADE && describedAt !== undefined && now < describedAt + TIMING.settleTime;
}
