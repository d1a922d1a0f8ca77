import { isAdoption } from "../../attempt.ts";
import { nextRotationAt } from "../../rotation/next-rotation.ts";
import type { PendingCommit } from "../commit/state.ts";
import { act, type Decision } from "../decision.ts";
import type { RestartRecord } from "../view/dependents.ts";
import { isProblem } from "../view/problem.ts";
import type { PassView } from "../view/pass.ts";
import type { CommitRecord } from "../view/secret.ts";
import type { Retiring, StatusRecord, Verdict } from "../view/status.ts";
import type { PresentView } from "../view/view.ts";
import { commitRecordFor, knownEmergency } from "./commit-record.ts";
import { rememberedAttempts } from "./remembered-attempts.ts";
import { boundedTime, servedTime } from "./times.ts";

/** The status record of an object with some fields replaced. */
export function recordWith(view: PresentView, changes: Partial<StatusRecord>): StatusRecord {
  return { ...view.object.status, ...changes };
}

/** The status record without the attempt: with this write its lock is given back. */
export function recordWithoutAttempt(record: StatusRecord): StatusRecord {
  const { attempt: _released, ...rest } = record;
  return rest;
}

/** The last write of a mint: the status records what the Secret holds, and gives the lock back. */
export function recordCommit(view: PresentView, pending: PendingCommit): Decision {
  // From the annotations comes nothing but a time, and that within bounds: what the status names, it names from
  // answers to our own requests, since its IDs are a licence to revoke.
  const beside = view.secret.state === "present" ? view.secret.record : undefined;
  const written = boundedTime(beside?.committedAt, pending.receivedAt, view.now);
  const committedAt = servedTime(view, written);
  const record = commitRecordFor(view, pending, committedAt);
  const { attempt } = pending;
  // A roll gives a key another value, and leaves it the attempt that has made it.
  const madeBy = attempt.op === "roll" && !isAdoption(attempt) ? undefined : attempt.id;
  const status = statusFromCommit(view, record, record.previous, madeBy);
  return act({ kind: "write-status", why: "Committed", status, verdict: deliveredVerdict(status) });
}

/**
 * What the status says of a committed key. The lock is given back only by its own commit.
 *
 * @param madeBy the attempt that has made the key, as its writer or its own tag says: never as annotations do.
 */
export function statusFromCommit(
  view: PresentView,
  record: CommitRecord,
  previous: readonly Retiring[],
  madeBy: string | undefined,
): StatusRecord {
  const { desired, status } = view.object;
  const {
    restart: _ofTheValueBefore,
    keyAttempt: before,
    ...kept
  } = withoutRotation(status.attempt?.id === record.attempt ? recordWithoutAttempt(status) : status);
  const keyAttempt = (status.keyId === record.keyId ? before : undefined) ?? madeBy;
  return {
    ...kept,
    installation: view.installation,
    accountId: record.accountId,
    keyId: record.keyId,
    ...(keyAttempt === undefined ? {} : { keyAttempt }),
    ...(isProblem(desired) ? {} : { mode: desired.mode, secretName: desired.secretName }),
    fingerprint: record.fingerprint,
    hint: record.hint,
    revision: record.revision,
    createdAt: record.createdAt,
    recordedAt: view.now,
    ...(record.revision > 1 ? { lastRotatedAt: record.committedAt } : {}),
    ...rotationFrom(view, record.committedAt, record.revision),
    emergency: record.obeyedEmergency ?? knownEmergency(view),
    ...restartFor(view, record, previous),
    abandoned: rememberedAttempts(view),
    // Invariant: the committed key never retires.
    previous: previous.filter(({ keyId }) => keyId !== record.keyId),
  };
}

/**
 * The restart that a committed value calls for: one that replaces another. Where the status knows of none, because it
 * was lost or because the other was of an attempt that was given up, a Secret that the commit has replaced tells that
 * there was something, or a key that retires, or an attempt that was taken over from its writer: the Secret that it may
 * have written may be gone again. A workload that was told already is not restarted by being told again.
 */
function restartFor(
  { object: { status }, dependents, pass }: PresentView,
  { fingerprint, committedAt, attempt }: CommitRecord,
  previous: readonly Retiring[],
): { readonly restart?: RestartRecord } {
  const known = status.restart?.fingerprint === fingerprint ? status.restart : undefined;
  if (known !== undefined) return { restart: known };
  const replaces =
    status.fingerprint === undefined
      ? previous.length > 0 || hasReplacedSecret(pass) || mayHaveDelivered(status, attempt)
      : status.fingerprint !== fingerprint;
  return dependents !== undefined && replaces ? { restart: { fingerprint, committedAt } } : {};
}

function hasReplacedSecret({ pendingCommit }: PassView): boolean {
  return pendingCommit?.state.phase === "written" && !pendingCommit.state.created;
}

/** Whether an attempt other than the committed one may have written a value: nobody knows that it did not. */
function mayHaveDelivered({ abandoned }: StatusRecord, committed: string | undefined): boolean {
  return abandoned.some(({ id, undelivered }) => id !== committed && undelivered !== true);
}

/** The verdict on a delivered key. */
export function deliveredVerdict(status: StatusRecord): Verdict {
  const next = status.previous.length;
  const message =
    next === 0
      ? `key ${status.keyId ?? ""} is in Secret ${status.secretName ?? ""}`
      : `key ${status.keyId ?? ""} is in Secret ${status.secretName ?? ""}; ${next} previous ${next === 1 ? "key waits" : "keys wait"} for the end of the overlap`;
  return { ready: true, reason: "KeyDelivered", message, progress: "settled" };
}

/** The status of a delivered key with the rotation that `spec.rotation` asks for now: it may have been edited. */
export function withRotation(view: PresentView): StatusRecord {
  const { status } = view.object;
  const committedAt = committedTime(view);
  if (isProblem(view.object.desired) || committedAt === undefined) return status;
  const rotation = rotationFrom(view, committedAt, status.revision);
  return { ...withoutRotation(status), ...rotation, emergency: knownEmergency(view) };
}

/**
 * When the key was committed. The Secret says it to the second, but its annotations can be edited: a time before
 * the last that the status knows would have the key rotated again and again.
 */
function committedTime({ object, secret, now }: PresentView): number | undefined {
  const committedAt = secret.state === "present" ? secret.record?.committedAt : undefined;
  const { createdAt = 0, lastRotatedAt = createdAt } = object.status;
  return committedAt === undefined ? undefined : boundedTime(committedAt, Math.min(lastRotatedAt, now), now);
}

function rotationFrom(
  { object: { desired }, owner, now }: PresentView,
  committedAt: number,
  revision: number,
): { nextRotationAt?: number } {
  if (isProblem(desired) || desired.every === undefined) return {};
  const { every, window } = desired;
  const next = nextRotationAt({ committedAt, every, window, key: `${owner}:${revision}` }, now);
  return next === undefined ? {} : { nextRotationAt: next };
}

function withoutRotation(status: StatusRecord): StatusRecord {
  const { nextRotationAt: _recomputed, ...rest } = status;
  return rest;
}
