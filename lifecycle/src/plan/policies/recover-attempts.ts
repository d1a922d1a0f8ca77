import {
  type AbandonedAttempt,
  type Attempt,
  attemptThatLeft,
  isAdoption,
  isLeftBy,
  isSettled,
  nextListingTime,
  takeoverTime,
} from "../../attempt.ts";
import { formatDuration } from "../../duration.ts";
import type { RemoteKey } from "../../evidence.ts";
import { parseTag } from "../../tag.ts";
import { undoAdoption } from "../adoption/undo.ts";
import { act, type Decision, restOn } from "../decision.ts";
import { isCommitOf } from "../records/commit-of.ts";
import { keyState } from "../records/key-state.ts";
import { retiringBeside } from "../records/replaced.ts";
import { deliveredVerdict, statusFromCommit } from "../records/status-record.ts";
import { boundedTime, servedTime } from "../records/times.ts";
import { problemVerdict } from "../records/verdicts.ts";
import { abandonAttempt, endLeftover, unknownVerdict } from "../recovery/abandon.ts";
import { endAnswered } from "../recovery/answered.ts";
import { endLeftovers } from "../recovery/leftovers.ts";
import { isProblem } from "../view/problem.ts";
import type { CommitRecord, SecretView } from "../view/secret.ts";
import type { Verdict } from "../view/status.ts";
import type { PresentView } from "../view/view.ts";

/** Brings an attempt to its end whose outcome nobody follows: this pass's own, or one that a crash cut off. */
export function recoverAttempts(view: PresentView): Decision | undefined {
  const { attempt, abandoned } = view.object.status;
  if (attempt !== undefined) {
    const decision = endAttempt(view, attempt);
    if (decision !== "go-on") return decision;
  }
  const unsettled = abandoned.find((candidate) => !isSettled(candidate, view.now, view.timing));
  return unsettled === undefined ? endRefused(view) : settle(view, unsettled);
}

/** What a refused attempt has left all the same, where a listing of this pass shows it: it may be in the way of the next. */
function endRefused(view: PresentView): Decision | undefined {
  const refused = view.object.status.abandoned.filter((attempt) => attempt.refused === true);
  const keys = view.pass.listing?.keys ?? [];
  const left = keys.filter((key) => attemptThatLeft(key, refused, view.timing) !== undefined);
  return endLeftovers(
    view,
    left.map(({ id }) => id),
  );
}

function endAttempt(view: PresentView, attempt: Attempt): Decision | "go-on" {
  const { ownAttempt, mint } = view.pass;
  if (mint?.attempt === attempt.id) return endAnswered(view, attempt, mint);
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
 * Settles an abandoned attempt: fence its writer off, look whether it was committed after all, then list twice,
 * a settle time apart, and revoke what it left. Its value was never seen by anybody.
 */
function settle(view: PresentView, attempt: AbandonedAttempt): Decision {
  const { usable } = view.account;
  if (isProblem(usable)) return restOn(view, usable);
  const looked = fenceAndLook(view, attempt);
  if (looked !== undefined) return looked;
  if (isAdoption(attempt)) return undoAdoption(view, attempt);
  if (attempt.op !== "create") {
    const requeueAt = attempt.abandonedAt + view.timing.settleTime;
    return { verdict: unknownVerdict(view, attempt), requeueAt };
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
  if (record === undefined || secret.fingerprint !== record.fingerprint) return undefined;
  const { keyId, fingerprint } = view.object.status;
  const isOnRecord = record.keyId === keyId && record.fingerprint === fingerprint;
  if (isOnRecord && record.attempt !== attempt.id) return undefined;
  const key = keyState(view, record.keyId);
  if (key.state === "unknown") return act({ kind: "get-key", keyId: record.keyId });
  if ((key.state !== "ours" && key.state !== "adopted") || key.key.hint !== secret.hint) return undefined;
  if (!isCommitOf(view, record, key.key, attempt)) return undefined;
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
  const committedAt = servedTime(view, boundedTime(record.committedAt, attempt.startedAt, view.now));
  return {
    ...record,
    attempt: attempt.id,
    accountId,
    revision: attempt.revision,
    committedAt,
    createdAt,
    hint,
  };
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

/** Only a proxy that repeats requests without end leaves more keys of one attempt. */
const MOST_HINTS = 100;

function hintsOf(
  { timing }: PresentView,
  attempt: AbandonedAttempt,
  keys: readonly RemoteKey[],
): Pick<AbandonedAttempt, "hints"> {
  const found = keys.filter((key) => isLeftBy(key, attempt, timing)).map(({ hint }) => hint);
  const hints = [...new Set([...(attempt.hints ?? []), ...found])];
  return hints.length === 0 ? {} : { hints: hints.slice(-MOST_HINTS) };
}

function pendingVerdict(view: PresentView, attempt: Attempt): Verdict {
  const begun = new Date(attempt.startedAt).toISOString();
  const message = `attempt ${attempt.id}, begun at ${begun}, was cut off; it is taken over when it is ${formatDuration(view.timing.attemptLifetime)} old`;
  return problemVerdict(view, { reason: "AttemptPending", message, transient: true });
}
