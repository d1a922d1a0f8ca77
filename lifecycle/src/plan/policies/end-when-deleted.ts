import { own } from "../../own.ts";
import { withoutTag } from "../../tag.ts";
import { restoreAll } from "../adoption/undo.ts";
import { act, type Decision, restOn } from "../decision.ts";
import { isTaggedOurs, keyState, revokeStep } from "../records/key-state.ts";
import { isBarred } from "../records/barred.ts";
import { isGivenUp } from "../records/given-up.ts";
import { recordsAnything } from "../records/named-keys.ts";
import { pinnedAccount } from "../records/pinned-account.ts";
import { rebuildStatus } from "../records/rebuild-status.ts";
import { retainProblem } from "../records/retain-problem.ts";
import { recordWith } from "../records/status-record.ts";
import { problemVerdict } from "../records/verdicts.ts";
import { endLeftovers, wasSweptSince } from "../recovery/leftovers.ts";
import { isProblem, type Problem } from "../view/problem.ts";
import type { PresentSecret } from "../view/secret.ts";
import { type StatusRecord, UNTIL_REPLACED } from "../view/status.ts";
import type { PresentView } from "../view/view.ts";
import { followOverlap } from "./follow-overlap.ts";
import { recoverAttempts } from "./recover-attempts.ts";

/**
 * Ends what is no longer declared: every key of the object is revoked, what we wrote into its Secret is taken out (with
 * nothing else in it, the Secret is deleted), and only then may the object go. The finalizer is the last thing to fall, so that a crash begins again where it stopped.
 */
export function endWhenDeleted(view: PresentView): Decision | undefined {
  const { object } = view;
  if (!object.deleting) return undefined;
  if (!object.finalizer && !isStrippedEarly(view)) return { verdict: undefined };
  if (object.read === "cached") return act({ kind: "read-object" });
  if (view.secret.state === "unread" || view.secret.read === "cached") return act({ kind: "read-secret" });
  if (isGivenUp(view)) return waitForLook(view) ?? untagFirst(view) ?? releaseGivenUp(view) ?? letGo(view);
  return (
    protectedFromDeletion(view) ??
    keptFromRetaining(view) ??
    deleteUnrecorded(view) ??
    revokeAll(view) ??
    (isRetained(view) ? releaseSecret(view) : deleteSecret(view)) ??
    letGo(view)
  );
}

/** Where somebody else's finalizer keeps the object, there may be none of ours any more. */
function letGo({ object }: PresentView): Decision {
  return object.finalizer ? act({ kind: "remove-finalizer" }) : { verdict: undefined };
}

/**
 * Whether our finalizer was taken off by others while the object is kept by theirs. Our own end leaves no Secret of
 * ours, unless it is to be retained.
 */
function isStrippedEarly(view: PresentView): boolean {
  const { secret } = view;
  const { deletion, status } = view.object;
  if (isGivenUp(view) || deletion.policy === "Retain" || status.keyId === undefined) return false;
  return secret.state !== "absent";
}

function protectedFromDeletion(view: PresentView): Decision | undefined {
  if (!view.object.deletion.protection) return undefined;
  const message =
    "spec.deletionProtection is true: the key stays active; set it to false to let the deletion continue";
  const problem: Problem = { reason: "DeletionProtected", message, transient: false };
  return { verdict: problemVerdict(view, problem), requeueAt: undefined };
}

function keptFromRetaining(view: PresentView): Decision | undefined {
  const problem = hasNothing(view) ? undefined : retainProblem(view);
  return problem === undefined ? undefined : restOn(view, problem);
}

function revokeAll(view: PresentView): Decision | undefined {
  const { usable } = view.account;
  // The finalizer may outlive a status that was wiped, so an account that answers is asked all the same.
  if (hasNothing(view) && (isProblem(usable) || isRetained(view) || isBarred(view))) return undefined;
  if (isProblem(usable)) return stuck(view, usable);
  // A status that was lost is rebuilt first: without it, a key that is to be retained would read as a stray one.
  return (
    rebuildWhenWiped(view) ??
    recoverAttempts(view) ??
    listWhenUnsure(view) ??
    endFound(view) ??
    // A deletion that waits for overlaps waits no longer than they are declared now.
    (isRetained(view) ? followOverlap(view) : undefined) ??
    revokeEach(view)
  );
}

/** Nothing was ever asked for: there is nothing to revoke, and no account is needed to know it. */
function hasNothing(view: PresentView): boolean {
  const { status } = view.object;
  const { secret } = view;
  // The installation is written together with the first attempt: without it, and without a Secret, none was made.
  const untouched = status.installation === undefined && !recordsAnything(status);
  const claims = secret.state === "present" && secret.owner === "this" && !isBarred(view);
  return untouched && !claims;
}

function stuck(view: PresentView, problem: Problem): Decision {
  const message = `${problem.message}; the ApiKey's keys cannot be revoked without its account (to give them up, annotate it signatureapi.com/abandon: "true")`;
  return restOn(view, { ...problem, message });
}

function rebuildWhenWiped(view: PresentView): Decision | undefined {
  const { status } = view.object;
  const { secret } = view;
  if (status.keyId !== undefined || status.attempt !== undefined || secret.state !== "present")
    return undefined;
  return rebuildStatus(view, secret);
}

/** A second key of the committed key's attempt is told by comparing the two: before either is revoked. */
function endFound(view: PresentView): Decision | undefined {
  const found = view.findings?.leftovers ?? [];
  const listed = view.pass.listing?.keys.map(({ id }) => id) ?? [];
  return endLeftovers(view, [...found, ...listed]);
}

/** Where some keys may exist that the records do not name, the owner's tag is asked for: for the last time. */
function listWhenUnsure(view: PresentView): Decision | undefined {
  const { keyId, abandoned } = view.object.status;
  const sure = keyId !== undefined && abandoned.length === 0 && wasSwept(view);
  return sure || view.pass.listing !== undefined ? undefined : act({ kind: "list-keys" });
}

/**
 * Whether an inventory has told of second keys of the current key's attempt: it can tell them only once the first one is
 * recorded, which may be long after its commit. Until then both belong to an attempt under way.
 */
function wasSwept(view: PresentView): boolean {
  const { createdAt = 0, recordedAt } = view.object.status;
  if (recordedAt === undefined) return false;
  return wasSweptSince(view, Math.max(createdAt + view.timing.attemptLifetime, recordedAt));
}

function revokeEach(view: PresentView): Decision | undefined {
  const { status } = view.object;
  const retain = isRetained(view);
  const recorded = recordEnded(view);
  if (recorded !== undefined) return recorded;
  for (const keyId of keysOf(view)) {
    if (retain && keptKeys(status).includes(keyId)) continue;
    const retiring = status.previous.find((candidate) => candidate.keyId === keyId);
    if (retain && retiring !== undefined && view.now < retiring.revokeAt) {
      const message = `the previous key ${keyId} is still within its overlap; the current one is kept (Retain) when that has passed`;
      const problem: Problem = { reason: "RetirementPending", message, transient: true };
      return { verdict: problemVerdict(view, problem), requeueAt: retiring.revokeAt };
    }
    const revoke = revokeStep(view, keyId, "Deleted");
    if (revoke !== undefined) return revoke;
  }
  return retain ? untagFirst(view) : undefined;
}

/** So many keys are ended between two records of it: a pass that is cut off does not begin with the first one again. */
const BATCH = 20;

/** Takes the retired keys that are gone off the record, many at a time. */
function recordEnded(view: PresentView): Decision | undefined {
  const { status } = view.object;
  const left = status.previous.filter(({ keyId }) => keyState(view, keyId).state !== "gone");
  if (status.previous.length - left.length < BATCH) return undefined;
  const message = `${left.length} previous keys and the current one are still to be revoked`;
  const problem: Problem = { reason: "Deleting", message, transient: true };
  const record = recordWith(view, { previous: left });
  return act({
    kind: "write-status",
    why: "Retired",
    status: record,
    verdict: problemVerdict(view, problem),
  });
}

/** What stays with `Retain`: the current key, and one that may be in use and for which no replacement comes now. */
function keptKeys({ keyId, previous }: StatusRecord): readonly string[] {
  const waiting = previous.filter(({ revokeAt }) => revokeAt === UNTIL_REPLACED);
  return [keyId, ...waiting.map((retiring) => retiring.keyId)].filter((id) => id !== undefined);
}

/** Every key that may be this object's; each is judged by its own tag before it is touched. */
function keysOf(view: PresentView): ReadonlySet<string> {
  const { status } = view.object;
  const { secret } = view;
  const named = [status.keyId, ...status.previous.map((retiring) => retiring.keyId)];
  const committed = secret.state === "present" && secret.owner === "this" ? secret.record : undefined;
  const recorded = [committed?.keyId, ...(committed?.previous.map((retiring) => retiring.keyId) ?? [])];
  // A tag can be copied onto a key made by hand, so it takes the record of an attempt besides: what abandoned ones
  // have left is ended before. Only where all records are lost, the tag is all that there is.
  const strays = status.installation === undefined ? (view.pass.listing?.keys ?? []) : [];
  const listed = strays.map((key) => key.id);
  return new Set([...named, ...recorded, ...listed].filter((id) => id !== undefined));
}

/**
 * A controller that has just started does not know yet whether the account is there to take the tag off. It is given
 * the time to look, and no longer: whatever is in the way, what is given up goes.
 */
function waitForLook(view: PresentView): Decision | undefined {
  const { usable, uncheckedSince } = view.account;
  if (!isProblem(usable) || uncheckedSince === undefined) return undefined;
  const requeueAt = uncheckedSince + view.timing.attemptLifetime;
  return view.now < requeueAt ? { verdict: problemVerdict(view, usable), requeueAt } : undefined;
}

/** A key that is kept loses its tag first, so that it is nobody's orphan. */
function untagFirst(view: PresentView): Decision | undefined {
  const { usable } = view.account;
  if (isProblem(usable) || view.pass.untagFailed === true) return undefined;
  if (pinnedAccount(view) !== usable.accountId) return undefined;
  const undone = restoreAll(view);
  if (undone !== undefined) return undone;
  for (const keyId of keptKeys(view.object.status)) {
    const decision = untag(view, keyId);
    if (decision !== undefined) return decision;
  }
  return undefined;
}

function untag(view: PresentView, keyId: string): Decision | undefined {
  const key = keyState(view, keyId);
  if (key.state === "unknown") return act({ kind: "get-key", keyId });
  if (key.state !== "ours" || key.key.description === withoutTag(key.key.description)) return undefined;
  const description = withoutTag(key.key.description) || `key of ${view.owner}`;
  return act({ kind: "describe-key", why: "Retained", keyId, description });
}

function deleteSecret(view: PresentView): Decision | undefined {
  const { secret } = view;
  if (secret.state !== "present" || !isOwn(view, secret)) return undefined;
  return deletionOf(secret);
}

/**
 * A Secret that stays is nobody's from then on: with our annotations, the next ApiKey of this name could not take it.
 *
 * Invariant: this comes last. Until the tag is off, its record is what a status is rebuilt from that was wiped.
 */
function releaseSecret({ secret }: PresentView): Decision | undefined {
  if (secret.state !== "present" || secret.owner !== "this") return undefined;
  const { uid, resourceVersion } = secret;
  return act({ kind: "release-secret", guard: { uid, resourceVersion } });
}

/** Where the tag could not be taken off, the record next to the value is the only way to adopt the key again: it stays. */
function releaseGivenUp(view: PresentView): Decision | undefined {
  const { keyId } = view.object.status;
  if (view.pass.untagFailed === true || keyId === undefined || isProblem(view.account.usable))
    return undefined;
  return keyState(view, keyId).state === "unknown" || isTagged(view, keyId) ? undefined : releaseSecret(view);
}

function isTagged({ pass: { remote } }: PresentView, keyId: string): boolean {
  const key = own(remote, keyId);
  return key !== undefined && key !== "absent" && withoutTag(key.description) !== key.description;
}

/** A key that is taken over carries our tag before its Secret is ours: the Secret may be somebody's own. */
function isBeingAdopted({ object: { desired, status } }: PresentView, keyId: string): boolean {
  if (!isProblem(desired) && desired.adopt === keyId) return true;
  return [status.attempt, ...status.abandoned].some(
    (attempt) => attempt?.op === "adopt" && attempt.keyId === keyId,
  );
}

function deletionOf({ uid, resourceVersion, foreign }: PresentSecret): Decision {
  return act({ kind: "delete-secret", guard: { uid, resourceVersion }, keep: foreign });
}

/**
 * Deletes a Secret that has lost its annotations before its commit was counted, so that the status does not know its
 * value either. What is left to say whose it is, is the vendor's hint of a key with our tag, and that goes with the
 * key: so the Secret goes first, and since it records nothing, nothing is lost with it.
 */
function deleteUnrecorded(view: PresentView): Decision | undefined {
  const { secret, pass } = view;
  if (isRetained(view) || secret.state !== "present" || secret.owner !== "none") return undefined;
  if (secret.hint === undefined || isOwn(view, secret)) return undefined;
  const seen = Object.values(pass.remote).filter((key) => key !== "absent");
  const tagged = [...seen, ...(pass.listing?.keys ?? [])].filter(
    (key) => isTaggedOurs(view, key) && !isBeingAdopted(view, key.id),
  );
  const revoked = view.object.status.abandoned.flatMap(({ hints = [] }) => hints);
  const known = [...tagged.map(({ hint }) => hint), ...revoked];
  return known.includes(secret.hint) ? deletionOf(secret) : undefined;
}

/** Annotations can be stripped; a value that only we ever wrote cannot be taken for somebody else's. */
function isOwn(view: PresentView, secret: PresentSecret): boolean {
  const { fingerprint } = view.object.status;
  if (secret.owner !== "none") return secret.owner === "this";
  return fingerprint !== undefined && secret.fingerprint === fingerprint;
}

function isRetained(view: PresentView): boolean {
  return view.object.deletion.policy === "Retain";
}
