import { judgeEvidence, type RemoteKey } from "../../evidence.ts";
import { MAX_REVISION, parseTag } from "../../tag.ts";
import type { Step } from "../step.ts";
import { problemVerdict, retryTime } from "../verdicts.ts";
import type { CommitRecord, Retiring, SecretView } from "../view.ts";
import { isProblem } from "../view.ts";
import { previousAfter } from "./attempts.ts";
import { commitRecordFromStatus } from "./commit-record.ts";
import { keyState } from "./keys.ts";
import { act, type Decision, type PresentView } from "./policy.ts";
import { boundedTime, deliveredVerdict, statusFromCommit } from "./status-record.ts";

type PresentSecret = SecretView & { readonly state: "present" };

/** Makes status and Secret agree again where both still hold the one value, without minting anything. */
export function repairRecords(view: PresentView): Decision | undefined {
  const { secret } = view;
  if (secret.state === "unread") return act({ kind: "read-secret" });
  if (secret.state === "absent") return undefined;
  return rebuildStatus(view, secret) ?? restoreSecret(view, secret);
}

/**
 * A commit that the status does not know: the writer was cut off before its last write, or the status was lost.
 * Annotations can be edited by others, so the key must prove by its tag and hint that it is this one.
 */
export function rebuildStatus(view: PresentView, secret: PresentSecret): Decision | undefined {
  const record = uncounted(view, secret);
  if (record === undefined) return undefined;
  if (secret.read === "cached") return act({ kind: "read-secret" });
  const { usable } = view.account;
  if (isProblem(usable)) return { verdict: problemVerdict(view, usable), requeueAt: retryTime(view, usable) };
  const key = keyState(view, record.keyId);
  if (key.state === "unknown") return act({ kind: "get-key", keyId: record.keyId });
  if (key.state !== "ours" || key.key.hint !== secret.hint) return undefined;
  const proven = provenRecord(view, record, key.key);
  if (proven === undefined) return undefined;
  const retiring = retiringBeside(view, proven);
  if ("step" in retiring) return retiring;
  const status = statusFromCommit(view, { ...proven, accountId: usable.accountId }, retiring.previous);
  return act({ kind: "write-status", why: "Rebuilt", status, verdict: deliveredVerdict(status) });
}

/**
 * What the key itself says of its commit: the tag knows attempt and revision of a create. A roll leaves the tag
 * as it was, so it needs the status to name the attempt or the key, or no status at all.
 */
function provenRecord(view: PresentView, record: CommitRecord, key: RemoteKey): CommitRecord | undefined {
  const { status } = view.object;
  const tag = parseTag(key.description);
  const created = tag?.attempt === record.attempt;
  const revision = created ? tag.revision : Math.min(record.revision, MAX_REVISION);
  if (revision < status.revision) return undefined;
  const rolled = status.attempt?.op === "roll" && status.attempt.id === record.attempt;
  const wiped = status.keyId === undefined && tag !== undefined && key.mode === "test";
  if (!created && !rolled && !wiped && status.keyId !== record.keyId) return undefined;
  const committedAt = boundedTime(record.committedAt, 0, view.now);
  return { ...record, revision, committedAt, createdAt: key.createdAt, hint: key.hint };
}

/**
 * Who retires beside a rebuilt commit: whom the status knows, whom the commit replaced, and of those that only
 * the annotations name the ones whose own tags show that they are this object's.
 */
function retiringBeside(
  view: PresentView,
  record: CommitRecord,
): (Decision & { step: Step }) | { readonly previous: readonly Retiring[] } {
  const { status, desired } = view.object;
  const pending = status.attempt?.id === record.attempt ? status.attempt : undefined;
  const attempt = pending ?? { op: "create" as const, reason: "Declared" as const };
  const known = previousAfter(status, record.keyId, record.committedAt, view, attempt);
  const latest = view.now + (isProblem(desired) ? 0 : desired.overlap);
  const found: Retiring[] = [];
  for (const claimed of record.previous) {
    if (claimed.keyId === record.keyId || known.some(({ keyId }) => keyId === claimed.keyId)) continue;
    const remote = view.pass.remote[claimed.keyId];
    if (remote === undefined) return { step: { kind: "get-key", keyId: claimed.keyId } };
    if (remote === "absent" || !isTaggedOurs(view, remote)) continue;
    found.push({ ...claimed, revokeAt: boundedTime(claimed.revokeAt, 0, latest) });
  }
  return { previous: [...known, ...found] };
}

function isTaggedOurs(view: PresentView, key: RemoteKey): boolean {
  const { installation, owner } = view;
  return judgeEvidence(key, { installation, owner, namedByStatus: false }).ours && key.status !== "revoked";
}

/** The record of a Secret whose commit the status has not counted, if the Secret looks committed at all. */
function uncounted(view: PresentView, secret: PresentSecret): CommitRecord | undefined {
  const { status } = view.object;
  const { record } = secret;
  if (secret.owner !== "this" || record === undefined || secret.fingerprint !== record.fingerprint)
    return undefined;
  if (status.abandoned.some((attempt) => attempt.id === record.attempt)) return undefined;
  const counted = status.fingerprint === record.fingerprint && status.keyId === record.keyId;
  if (counted && status.attempt?.id !== record.attempt) return undefined;
  // The value is the recorded one, only its annotations name another key: the status is right.
  if (!counted && status.fingerprint === record.fingerprint && status.keyId !== undefined) return undefined;
  return record;
}

/** The value stands, but not as declared: annotations stripped or edited, labels, template, or an entry's name. */
function restoreSecret(view: PresentView, secret: PresentSecret): Decision | undefined {
  const { status } = view.object;
  const holdsValue = status.fingerprint !== undefined && secret.fingerprint === status.fingerprint;
  if (!holdsValue || secret.owner === "other" || status.attempt !== undefined || view.pass.rewritten)
    return undefined;
  const record = commitRecordFromStatus(view);
  if (record === undefined || isProblem(view.object.desired)) return undefined;
  const sameKey = secret.owner === "this" && secret.record?.keyId === status.keyId;
  if (sameKey && secret.shape === "declared") return undefined;
  if (secret.read === "cached") return act({ kind: "read-secret" });
  return act({
    kind: "rewrite-secret",
    guard: { uid: secret.uid, resourceVersion: secret.resourceVersion },
    record,
  });
}
