import { parseTag } from "@signatureapi-keys/lifecycle";
import type { ApiKeyVersion, VendorKey } from "../history.ts";
import { explanationOf } from "./explained.ts";
import { LAG_MS, type IndexedHistory } from "./index-of-history.ts";
import type { Violation } from "./violation.ts";

/**
 * What a living key of ours is at the end.
 *
 * - `committed`: its value is in the declared Secret, and the status names it.
 * - `retiring`: it was replaced, and the status says when it is revoked.
 * - `orphaned`: its POST took effect when its ApiKey was gone already, so that no record could know of it.
 * - `repeated`: something on the way repeated the POST, and the key of this attempt that was recorded has been revoked
 *   by hand since, so that nothing may prove any more that this one is not in use.
 * - `rewritten`: the vendor put another description in place of ours, and no status names it, so that nothing can trace
 *   it.
 * - `forgotten`: the status that recorded its attempt was wiped by hand.
 * - `rolled-back`: it was made after the snapshot to which etcd was rolled back, so that its record never was.
 * - `retained`: its ApiKey was deleted, and was to leave it.
 * - `unadopted`: it was made by hand, and no ApiKey has taken it over.
 */
export type KeyFate =
  | {
      readonly kind:
        | "committed"
        | "retiring"
        | "orphaned"
        | "repeated"
        | "rewritten"
        | "forgotten"
        | "rolled-back"
        | "retained"
        | "unadopted";
      readonly key: VendorKey;
    }
  | { readonly kind: "wrong"; readonly key: VendorKey; readonly violation: Violation };

/** Judges every living key that is not of others. */
export function fatesOf(index: IndexedHistory): readonly KeyFate[] {
  return index.ourKeys.filter(({ active }) => active).map((key) => fateOf(key, index));
}

function fateOf(key: VendorKey, index: IndexedHistory): KeyFate {
  const uid = index.ownerOf(key);
  const untagged = parseTag(key.description) === undefined;
  const adoptable = index.adoptable(key);
  if (adoptable?.description === key.description && !index.wasNamed(key)) return { kind: "unadopted", key };
  const owner = index.finalOf(uid);
  if (owner !== undefined) return fateWithOwner(key, owner, index);
  const wrong = (rule: Violation["rule"], text: string): KeyFate => ({
    kind: "wrong",
    key,
    violation: { rule, text: `key ${key.id} ${text}`, keyId: key.id, uid },
  });
  if (uid === undefined) {
    if (key.description === index.history.rewritten) return { kind: "rewritten", key };
    return untagged
      ? wrong("untraceable", "carries no tag, and no record names it")
      : wrong("orphan", "is tagged for an ApiKey that was never seen");
  }
  if (untagged && index.retainedBy(uid) === key.id) return { kind: "retained", key };
  const explanation = explanationOf(key, uid, index);
  if (explanation !== undefined) return { kind: explanation, key };
  const goneAt = index.goneAt(uid);
  const late = goneAt !== undefined && key.createdAt >= goneAt - LAG_MS;
  if (late || isRepeated(key, index)) {
    return index.history.revokesOrphans.includes(key.account)
      ? wrong("orphan", "outlives its ApiKey, and was not revoked, as the account asks for")
      : { kind: late ? "orphaned" : "repeated", key };
  }
  return wrong("orphan", "lives on, although its ApiKey was deleted after the key had been made");
}

function fateWithOwner(key: VendorKey, owner: ApiKeyVersion, index: IndexedHistory): KeyFate {
  const { status, uid } = owner;
  const wrong = (rule: Violation["rule"], text: string): KeyFate => ({
    kind: "wrong",
    key,
    violation: {
      rule,
      text: `key ${key.id} of ${owner.namespace}/${owner.name} ${text}`,
      keyId: key.id,
      uid,
    },
  });
  const secret = index.finalSecretOf(owner);
  if (status.keyId === key.id) {
    // What is to be retained is retained whatever its Secret holds.
    const kept = owner.deleting && index.retainedBy(uid) === key.id;
    const stands = secret?.valueFingerprint !== undefined && secret.valueFingerprint === status.fingerprint;
    return stands || kept
      ? { kind: "committed", key }
      : wrong("lost", "is named by the status, and its value does not stand in the Secret");
  }
  if (status.previous.some(({ keyId }) => keyId === key.id)) return { kind: "retiring", key };
  const attempt = index.attemptOf(key);
  const recorded = [status.attempt, ...status.abandoned].some((entry) => entry?.id === attempt);
  if (attempt !== undefined && recorded)
    return wrong("leftover", `was left by attempt ${attempt}, which is recorded, and still lives`);
  const repeated = index.ourKeys.some(
    (other) => other.id === status.keyId && attempt !== undefined && index.attemptOf(other) === attempt,
  );
  if (repeated) return wrong("leftover", `is a second key of attempt ${attempt}, and still lives`);
  if (isRepeated(key, index)) return { kind: "repeated", key };
  const explanation = explanationOf(key, uid, index);
  if (explanation !== undefined) return { kind: explanation, key };
  return wrong("lost", "lives, its value stands nowhere, and no record knows it");
}

/** Whether another key of the same attempt was there, and was revoked by hand. */
function isRepeated(key: VendorKey, index: IndexedHistory): boolean {
  const tag = parseTag(key.description);
  if (tag === undefined) return false;
  const byHand = new Set(index.history.acts.flatMap((act) => (act.kind === "revoke-key" ? [act.keyId] : [])));
  return index.ourKeys.some((other) => {
    const its = parseTag(other.description);
    return (
      other.id !== key.id && byHand.has(other.id) && its?.attempt === tag.attempt && its.owner === tag.owner
    );
  });
}
