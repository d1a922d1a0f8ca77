import type { RemoteKey } from "../../evidence.ts";
import { ADOPTED, MAX_REVISION, parseTag } from "../../tag.ts";
import { act, type Decision, restOn } from "../decision.ts";
import { isProblem } from "../view/problem.ts";
import type { CommitRecord, PresentSecret } from "../view/secret.ts";
import type { PresentView } from "../view/view.ts";
import { isBarred } from "./barred.ts";
import { isCommitOf } from "./commit-of.ts";
import { isHalted } from "./halted.ts";
import { keyState } from "./key-state.ts";
import { retiringBeside } from "./replaced.ts";
import { deliveredVerdict, statusFromCommit } from "./status-record.ts";
import { boundedTime, servedTime } from "./times.ts";

/**
 * A commit that the status does not know: the writer was cut off before its last write, or the status was lost.
 * Annotations can be edited by others, so the key must prove by its tag and hint that it is this one.
 */
export function rebuildStatus(view: PresentView, secret: PresentSecret): Decision | undefined {
  const found = uncounted(view, secret);
  if (found === undefined || isUnsettledAdoption(view) || isBarred(view)) return undefined;
  // An attempt under way may have made the key: that is found out whatever the spec says.
  if (isHalted(view) && view.object.status.attempt === undefined) return undefined;
  if (secret.read === "cached") return act({ kind: "read-secret" });
  const { usable } = view.account;
  if (isProblem(usable)) return restOn(view, usable);
  const key = keyState(view, found.keyId);
  if (key.state === "unknown") return act({ kind: "get-key", keyId: found.keyId });
  if ((key.state !== "ours" && key.state !== "adopted") || !isItsValue(view, secret, key.key))
    return undefined;
  const { attempt } = view.object.status;
  const pending = attempt !== undefined && isCommitOf(view, found, key.key, attempt) ? attempt : undefined;
  // Whatever the annotation says: the lock is given back with the status, so that nobody asks under it again.
  const record = pending === undefined ? found : { ...found, attempt: pending.id };
  const proven = provenRecord(view, record, key.key, secret.hint);
  if (proven === undefined) return undefined;
  // The writer of a pending commit was cut off: how long its write took is not known either.
  const committedAt = pending === undefined ? proven.committedAt : servedTime(view, proven.committedAt);
  const dated = { ...proven, committedAt };
  const retiring = retiringBeside(view, dated, pending ?? { op: "create", reason: "Declared" });
  if ("step" in retiring) return retiring;
  const committed = { ...dated, hint: secret.hint ?? key.key.hint, accountId: usable.accountId };
  const madeBy = parseTag(key.key.description)?.attempt;
  const status = statusFromCommit(view, committed, retiring.previous, madeBy);
  return act({ kind: "write-status", why: "Rebuilt", status, verdict: deliveredVerdict(status) });
}

/** While an adoption's tag settles, what a Secret says of it was not written by us. */
function isUnsettledAdoption({ object, now, timing }: PresentView): boolean {
  const { attempt } = object.status;
  if (attempt?.op !== "adopt") return false;
  return attempt.taggedAt === undefined || now < attempt.taggedAt + timing.settleTime;
}

/**
 * Whether the Secret's value may be recorded as the key's. Where the status was wiped, a key with our tag is recorded
 * also with a value that a roll has killed meanwhile: nobody else accounts for it, and it is then healed.
 */
function isItsValue(view: PresentView, secret: PresentSecret, key: RemoteKey): boolean {
  const tag = parseTag(key.description);
  const wiped = view.object.status.keyId === undefined && tag !== undefined && tag.revision !== ADOPTED;
  return key.hint === secret.hint || (wiped && secret.hint !== undefined);
}

/**
 * What the key itself says of its commit: the tag knows attempt and revision of a create. A roll leaves the tag
 * as it was, and the annotation that names the attempt can be edited: then it needs the status to name the attempt or
 * the key; or no status at all, with the value that the key has now, or with the one test key there is.
 */
function provenRecord(
  view: PresentView,
  record: CommitRecord,
  key: RemoteKey,
  hint: string | undefined,
): CommitRecord | undefined {
  const { status } = view.object;
  const tag = parseTag(key.description);
  const created = tag?.attempt === record.attempt;
  const pending = status.attempt?.id === record.attempt ? status.attempt.revision : undefined;
  const told = pending ?? Math.min(Math.max(record.revision, 1), MAX_REVISION);
  const revision = created && tag.revision !== ADOPTED ? tag.revision : told;
  if (revision < status.revision) return undefined;
  const rolled = status.attempt?.op === "roll" && status.attempt.id === record.attempt;
  const isOnly = key.mode === "test" || key.hint === hint;
  const wiped = status.keyId === undefined && tag !== undefined && isOnly;
  if (!created && !rolled && !wiped && status.keyId !== record.keyId) return undefined;
  const committedAt = boundedTime(record.committedAt, 0, view.now);
  return { ...record, revision, committedAt, createdAt: key.createdAt };
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
