import type { ApiKeyVersion, SecretVersion, VendorKey } from "../history.ts";
import type { IndexedHistory } from "./index-of-history.ts";
import type { Violation } from "./violation.ts";

/*
 * Revocations are judged by when they took effect, and by what surely was the truth at that moment. A version is the
 * truth from when it is seen, at the latest, until the next one is written; of that only a time is known before which
 * it cannot have been: when its value was committed, or when the test asked for the change. In between nothing is
 * claimed, so what is called wrong here is wrong.
 */

/** Finds keys that the controllers revoked while they were committed, or before their time was over. */
export function revocationViolations(index: IndexedHistory): readonly Violation[] {
  const byHand = new Set(
    index.history.acts.flatMap(({ kind, keyId }) =>
      kind === "revoke-key" && keyId !== undefined ? [keyId] : [],
    ),
  );
  return index.ourKeys.flatMap((key) => {
    const { revokedAt } = key;
    if (revokedAt === undefined || byHand.has(key.id)) return [];
    const uid = index.ownerOf(key);
    const deletionAskedAt = index.deletionAskedAt(uid);
    const at = new Date(revokedAt).toISOString();
    if (uid === undefined) return [];
    if (deletionAskedAt !== undefined && revokedAt >= deletionAskedAt)
      return index.retainedBy(uid) === key.id
        ? [violation("committed-revoked", key, uid, `was revoked at ${at}, although it was to be retained`)]
        : [];
    const early = retiredEarly(key, revokedAt, index.standing(index.versionsOf(uid), revokedAt));
    const wrong: readonly (Violation | undefined)[] = [
      isNamedAt(key.id, revokedAt, uid, index)
        ? violation(
            "committed-revoked",
            key,
            uid,
            `was revoked at ${at}, while the status named it as the current one`,
          )
        : undefined,
      isInSecretAt(key.id, revokedAt, uid, index)
        ? violation(
            "committed-revoked",
            key,
            uid,
            `was revoked at ${at}, while its value stood in the Secret`,
          )
        : undefined,
      early === undefined
        ? undefined
        : violation("retired-early", key, uid, `was revoked at ${at}, ${early}`),
    ];
    return wrong.filter((one) => one !== undefined);
  });
}

function violation(rule: Violation["rule"], key: VendorKey, uid: string, text: string): Violation {
  return { rule, text: `key ${key.id} ${text}`, keyId: key.id, uid };
}

/** Whether the status surely named the key as the current one at a time. */
function isNamedAt(keyId: string, at: number, uid: string, index: IndexedHistory): boolean {
  const versions = index.standing(index.versionsOf(uid), at);
  const current = versions.findLast((version) => version.at <= at);
  if (current?.status.keyId !== keyId) return false;
  const next = versions.find((version) => version.at > at && version.status.keyId !== keyId);
  if (next === undefined) return true;
  // The next key was recorded after it had been committed.
  const commits = commitsOf(next.status.keyId, uid, index);
  return commits.length > 0 && Math.min(...commits) > at;
}

function commitsOf(keyId: string | undefined, uid: string, index: IndexedHistory): readonly number[] {
  return index
    .secretsOf(uid)
    .flatMap((secret) =>
      secret.keyId === keyId && secret.committedAt !== undefined ? [secret.committedAt] : [],
    );
}

/** Whether the Secret surely held the key's value, by a commit that was not given up, at a time. */
function isInSecretAt(keyId: string, at: number, uid: string, index: IndexedHistory): boolean {
  const versions = index.standing(index.secretsOf(uid), at);
  const current = versions.findLast((version) => version.at <= at);
  if (current === undefined || !isCommitOf(current, keyId, uid)) return false;
  const givenUp = index
    .versionsOf(uid)
    .some(({ status }) => status.abandoned.some(({ id }) => id === current.attempt));
  if (givenUp) return false;
  const next = versions.find((version) => version.at > at && !isCommitOf(version, keyId, uid));
  return next === undefined || earliest(next, current, index) > at;
}

function isCommitOf(secret: SecretVersion, keyId: string, uid: string): boolean {
  return (
    !secret.gone &&
    secret.owner === uid &&
    secret.keyId === keyId &&
    secret.fingerprint !== undefined &&
    secret.valueFingerprint === secret.fingerprint
  );
}

/** Before this time a version of a Secret cannot have been written. */
function earliest(version: SecretVersion, before: SecretVersion, index: IndexedHistory): number {
  const { committedAt } = version;
  if (!version.gone && committedAt !== undefined && committedAt !== before.committedAt) return committedAt;
  const acts = index.history.acts.filter(
    (act) =>
      act.namespace === version.namespace &&
      act.name === version.name &&
      act.at <= version.at &&
      act.doneAt >= before.at &&
      ["delete-secret", "edit-secret", "strip-annotations", "forge-annotations"].includes(act.kind),
  );
  return acts.at(0)?.at ?? Number.NEGATIVE_INFINITY;
}

/** Why a key that was committed once was revoked too early, if it was. */
function retiredEarly(key: VendorKey, at: number, versions: readonly ApiKeyVersion[]): string | undefined {
  if (!versions.some(({ status }) => status.keyId === key.id)) return undefined;
  const times = versions.flatMap(({ status }) =>
    status.previous.flatMap(({ keyId, revokeAt }) => (keyId === key.id ? [revokeAt] : [])),
  );
  if (times.length === 0) return "after it had been committed, and was never recorded as retiring";
  const due = Math.min(...times);
  return at < due ? `before ${new Date(due).toISOString()}, until when it was to live` : undefined;
}
