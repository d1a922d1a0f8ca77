import { type AbandonedAttempt, type Attempt, isAdoption } from "../../attempt.ts";
import { isClaimed, type RemoteKey } from "../../evidence.ts";
import { own } from "../../own.ts";
import { parseTag } from "../../tag.ts";
import { act, type Decision } from "../decision.ts";
import { isNamed } from "../records/named-keys.ts";
import { recordWith } from "../records/status-record.ts";
import { problemVerdict } from "../records/verdicts.ts";
import type { Verdict } from "../view/status.ts";
import type { PresentView } from "../view/view.ts";

/** Whether a key carries the tag that an adoption has put on: the evidence for taking it over, and for undoing it. */
export function carriesTagOf(
  view: PresentView,
  key: RemoteKey | "absent",
  attempt: Pick<Attempt, "id">,
): key is RemoteKey {
  if (key === "absent" || key.status !== "active") return false;
  const tag = parseTag(key.description);
  return tag?.attempt === attempt.id && tag.owner === view.owner && isClaimed(tag.installation, view);
}

/**
 * Undoes an adoption that was given up: once its request to tag the key can no longer take effect, the description is
 * put back as it was. The key itself is never revoked: somebody else has made it.
 *
 * Invariant: its Secret was touched before, and does not hold its commit, so that nobody commits it any more.
 */
export function undoAdoption(view: PresentView, attempt: AbandonedAttempt): Decision {
  const verdict = undoneVerdict(view, attempt);
  const due = attempt.abandonedAt + view.timing.settleTime;
  if (view.now < due) return { verdict, requeueAt: due };
  const restored = restoreDescription(view, attempt);
  if (restored !== undefined) return restored;
  const undone = { ...attempt, listings: 1, listedAt: view.now };
  const abandoned = view.object.status.abandoned.map((other) => (other.id === attempt.id ? undone : other));
  return act({ kind: "write-status", why: "Undone", status: recordWith(view, { abandoned }), verdict });
}

/** The tag of an adoption whose effect came later than its recovery looked. */
export function restoreLeft(view: PresentView, keyId: string): Decision | undefined {
  const attempt = view.object.status.abandoned.find((each) => isAdoption(each) && each.keyId === keyId);
  return attempt === undefined || attempt.listings === 0 ? undefined : restoreDescription(view, attempt);
}

/** Whatever adoption is on record, of an object that is given up: its key carries no tag of ours any more. */
export function restoreAll(view: PresentView): Decision | undefined {
  const { attempt, abandoned } = view.object.status;
  for (const each of [attempt, ...abandoned]) {
    const decision = each === undefined ? undefined : restoreDescription(view, each);
    if (decision !== undefined) return decision;
  }
  return undefined;
}

/** The next step towards a description without the tag; `undefined` where it does not stand there, or is rightly there. */
function restoreDescription(view: PresentView, attempt: Attempt): Decision | undefined {
  if (!isAdoption(attempt) || isNamed(view.object.status, attempt.keyId)) return undefined;
  const { keyId, description } = attempt;
  const remote = own(view.pass.remote, keyId);
  if (remote === undefined) return act({ kind: "get-key", keyId });
  if (!carriesTagOf(view, remote, attempt)) return undefined;
  return act({ kind: "describe-key", why: "Undone", keyId, description });
}

/** What is said while an adoption is undone. */
export function undoneVerdict(view: PresentView, { keyId = "" }: Attempt, why?: string): Verdict {
  const cause = why === undefined ? "" : ` (${why})`;
  const message = `the adoption of key ${keyId} was not completed${cause}: its description is restored before another try; the key is not revoked`;
  return problemVerdict(view, { reason: "AdoptionUndone", message, transient: true });
}
