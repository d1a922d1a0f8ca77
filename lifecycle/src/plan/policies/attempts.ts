import {
  isAdoption,
  isLeftBy,
  isRevived,
  isSettled,
  nextListingTime,
  takeoverTime,
  type AbandonedAttempt,
  type Attempt,
} from "../../attempt.ts";
import { formatDuration } from "../../duration.ts";
import type { RemoteKey } from "../../evidence.ts";
import { parseTag } from "../../tag.ts";
import type { CommitRecord, Problem, SecretView, StatusRecord, Verdict } from "../view.ts";
import { isProblem, UNTIL_REPLACED } from "../view.ts";
import { isNamed, problemVerdict } from "../verdicts.ts";
import { undoAdoption, undoneVerdict } from "./adoption-undo.ts";
import { keyState, revokeStep } from "./keys.ts";
import { act, recordWithoutAttempt, restOn, type Decision, type PresentView } from "./policy.ts";
import { rememberedAttempts } from "./remembering.ts";
import { retiringBeside } from "./replaced.ts";
import { deliveredVerdict, statusFromCommit } from "./status-record.ts";
import { boundedTime } from "./times.ts";

/**
 * The status that gives an attempt up: it stays on record, whole, until its late effects are out of the question.
 *
 * @param known what only the attempt's own writer knows of it.
 */
export function abandonAttempt(
  view: PresentView,
  attempt: Attempt,
  known: Pick<AbandonedAttempt, "undelivered"> = {},
): StatusRecord {
  const { status } = view.object;
  const abandoned: AbandonedAttempt = { ...attempt, abandonedAt: view.now, listings: 0, ...known };
  const rest = status.attempt?.id === attempt.id ? recordWithoutAttempt(status) : status;
  // While the API fails for days nothing is committed: old entries must go here too.
  return { ...rest, abandoned: [...rememberedAttempts(view), abandoned] };
}

/** Brings an attempt to its end whose outcome nobody follows: this pass's own, or one that a crash cut off. */
export function recoverAttempts(view: PresentView): Decision | undefined {
  const { attempt, abandoned } = view.object.status;
  if (attempt !== undefined) {
    const decision = endAttempt(view, attempt);
    if (decision !== "go-on") return decision;
  }
  for (const candidate of abandoned) {
    if (isSettled(candidate, view.now, view.timing)) continue;
    const decision = settle(view, candidate);
    if (decision !== undefined) return decision;
  }
  return undefined;
}

function endAttempt(view: PresentView, attempt: Attempt): Decision | "go-on" {
  const { ownAttempt, mint } = view.pass;
  if (mint?.attempt === attempt.id) {
    const twin = lookForTwin(view, attempt, mint.problem);
    if (typeof twin === "object") return twin;
    // The roll of an adoption leaves its tag behind, also where it was refused.
    const leavesTag = attempt.op === "roll" && isAdoption(attempt);
    const rejected = mint.outcome === "rejected" && !twin && !leavesTag;
    return act({
      kind: "write-status",
      why: rejected ? "ClearAttempt" : "Abandon",
      status: rejected
        ? recordWithoutAttempt(view.object.status)
        : abandonAttempt(view, attempt, { undelivered: true }),
      verdict: rejected
        ? problemVerdict(view, mint.problem)
        : unknownVerdict(view, attempt, mint.problem.message),
    });
  }
  // A deletion waits even for this pass's own attempt: its commit may still take effect.
  if (ownAttempt === attempt.id && !view.object.deleting) return "go-on";
  const due = takeoverTime(attempt, view.timing);
  const verdict = pendingVerdict(view, attempt);
  // While its tag settles an adoption is nobody's: whoever comes next goes on with it, or gives it up.
  const settling = attempt.taggedAt !== undefined;
  if (settling && view.now < due && !view.object.deleting) return "go-on";
  if (view.now < due && !settling) return { verdict, requeueAt: due };
  return act({ kind: "write-status", why: "Abandon", status: abandonAttempt(view, attempt), verdict });
}

/**
 * Whether the request that was refused stands in its own way: something on the way has repeated it, the first one has
 * made the account's only test key, and the answer that we got is the second one's.
 */
function lookForTwin(view: PresentView, attempt: Attempt, problem: Problem): Decision | boolean {
  if (problem.reason !== "TestKeyExists" || attempt.op !== "create") return false;
  const { listing } = view.pass;
  if (listing === undefined) return act({ kind: "list-keys" });
  return listing.keys.some((key) => key.status === "active" && isLeftBy(key, attempt, view.timing));
}

/**
 * Settles an abandoned attempt: fence its writer off, look whether it was committed after all, then list twice,
 * a settle time apart, and revoke what it left. Its value was never seen by anybody.
 */
function settle(view: PresentView, attempt: AbandonedAttempt): Decision | undefined {
  const { usable } = view.account;
  if (isProblem(usable)) return restOn(view, usable);
  const looked = fenceAndLook(view, attempt);
  if (looked !== undefined) return looked;
  if (isAdoption(attempt)) return undoAdoption(view, attempt);
  if (attempt.op !== "create") {
    const due = attempt.abandonedAt + view.timing.settleTime;
    return view.now < due ? { verdict: unknownVerdict(view, attempt), requeueAt: due } : undefined;
  }
  return revokeLeftovers(view, attempt) ?? listAgain(view, attempt);
}

function fenceAndLook(view: PresentView, attempt: AbandonedAttempt): Decision | undefined {
  const { secret } = view;
  if (secret.state === "unread" || secret.read === "cached") return act({ kind: "read-secret" });
  if (secret.state === "absent" || attempt.listings > 0) return undefined;
  // An adoption writes to a Secret that is not ours yet.
  if (secret.owner !== "this" && attempt.op !== "adopt") return undefined;
  if (secret.touchedFor !== attempt.id && !view.pass.touched.includes(attempt.id)) {
    const guard = { uid: secret.uid, resourceVersion: secret.resourceVersion };
    return act({ kind: "touch-secret", guard, attempt: attempt.id });
  }
  return acceptCommit(view, attempt, secret);
}

/** A commit that happened after all is accepted, once a GET shows the very key and value. */
function acceptCommit(
  view: PresentView,
  attempt: AbandonedAttempt,
  secret: SecretView & { state: "present" },
): Decision | undefined {
  const { record } = secret;
  if (secret.owner !== "this") return undefined;
  if (record?.attempt !== attempt.id || secret.fingerprint !== record.fingerprint) return undefined;
  const key = keyState(view, record.keyId);
  if (key.state === "unknown") return act({ kind: "get-key", keyId: record.keyId });
  if ((key.state !== "ours" && key.state !== "adopted") || key.key.hint !== secret.hint) return undefined;
  if (attempt.op !== "roll" && parseTag(key.key.description)?.attempt !== attempt.id) return undefined;
  const proven = acceptedRecord(view, attempt, record, key.key);
  const retiring = retiringBeside(view, proven, attempt);
  if ("step" in retiring) return retiring;
  const { status } = view.object;
  const madeBy = parseTag(key.key.description)?.attempt;
  const rebuilt = statusFromCommit(view, proven, retiring.previous, madeBy);
  const accepted = { ...rebuilt, abandoned: status.abandoned.filter(({ id }) => id !== attempt.id) };
  return act({ kind: "write-status", why: "Rebuilt", status: accepted, verdict: deliveredVerdict(accepted) });
}

/** What the attempt and the key say of the commit; of the annotations only what has no other witness. */
function acceptedRecord(
  view: PresentView,
  attempt: AbandonedAttempt,
  record: CommitRecord,
  { createdAt, hint }: RemoteKey,
): CommitRecord {
  const { usable } = view.account;
  const accountId = isProblem(usable) ? record.accountId : usable.accountId;
  const committedAt = boundedTime(record.committedAt, attempt.startedAt, view.now);
  return { ...record, accountId, revision: attempt.revision, committedAt, createdAt, hint };
}

/**
 * Ends what the attempt left, once a first listing of it is recorded.
 *
 * Invariant: with that record nobody accepts its commit any more, so no revocation can hit a key that another
 * recovery has accepted between our look and our request.
 */
function revokeLeftovers(view: PresentView, attempt: AbandonedAttempt): Decision | undefined {
  if (attempt.listings === 0) return undefined;
  for (const key of view.pass.listing?.keys ?? []) {
    if (!isLeftBy(key, attempt, view.timing)) continue;
    const decision = endLeftover(view, attempt, key);
    if (decision !== undefined) return decision;
  }
  return undefined;
}

/**
 * Revokes a key that an abandoned attempt left; or, where a restore of etcd may have revived the attempt after it
 * was committed, retires it: Pods may use it, so that it lives until a replacement is committed, and the overlap.
 *
 * An account has one test key: a revived one stands in the way of its own replacement, so that it goes at once.
 */
export function endLeftover(
  view: PresentView,
  attempt: AbandonedAttempt,
  { id }: RemoteKey,
): Decision | undefined {
  // Belt and braces: whatever else the records say, a key that the status names is no leftover.
  const { status } = view.object;
  if (isNamed(status, id)) return undefined;
  const known = keyState(view, id);
  if (known.state !== "ours" || known.key.mode === "test" || !isRevived(attempt, view.timing))
    return revokeStep(view, id, "AttemptAbandoned");
  const retiring = { keyId: id, revokeAt: UNTIL_REPLACED, reason: "AttemptRevived" };
  const revived = { ...status, previous: [...status.previous, retiring] };
  return act({
    kind: "write-status",
    why: "Revived",
    status: revived,
    verdict: unknownVerdict(view, attempt),
  });
}

function listAgain(view: PresentView, attempt: AbandonedAttempt): Decision {
  const { listing } = view.pass;
  const due = nextListingTime(attempt, view.timing);
  const verdict = unknownVerdict(view, attempt);
  if (view.now < due) return { verdict, requeueAt: due };
  if (listing === undefined || listing.startedAt < due) return act({ kind: "list-keys" });
  const { status } = view.object;
  const listed = {
    ...attempt,
    listings: attempt.listings + 1,
    listedAt: listing.startedAt,
    ...hintsOf(view, attempt, listing.keys),
  };
  const abandoned = status.abandoned.map((other) => (other.id === attempt.id ? listed : other));
  return act({ kind: "write-status", why: "Listed", status: { ...status, abandoned }, verdict });
}

function hintsOf(
  { timing }: PresentView,
  attempt: AbandonedAttempt,
  keys: readonly RemoteKey[],
): Pick<AbandonedAttempt, "hints"> {
  const found = keys.filter((key) => isLeftBy(key, attempt, timing)).map(({ hint }) => hint);
  const hints = [...new Set([...(attempt.hints ?? []), ...found])];
  return hints.length === 0 ? {} : { hints };
}

function unknownVerdict(view: PresentView, attempt: Attempt, why?: string): Verdict {
  if (isAdoption(attempt)) return undoneVerdict(view, attempt, why);
  const cause = why === undefined ? "" : ` (${why})`;
  const message = `attempt ${attempt.id} to ${attempt.op} a key has no certain outcome${cause}; what it left is looked for and revoked before a new attempt`;
  return problemVerdict(view, { reason: "CreateOutcomeUnknown", message, transient: true });
}

function pendingVerdict(view: PresentView, attempt: Attempt): Verdict {
  const begun = new Date(attempt.startedAt).toISOString();
  const message = `attempt ${attempt.id}, begun at ${begun}, was cut off; it is taken over when it is ${formatDuration(view.timing.attemptLifetime)} old`;
  return problemVerdict(view, { reason: "AttemptPending", message, transient: true });
}
