import { type AbandonedAttempt, type Attempt, isAdoption, isRevived } from "../../attempt.ts";
import type { RemoteKey } from "../../evidence.ts";
import { undoneVerdict } from "../adoption/undo.ts";
import { act, type Decision } from "../decision.ts";
import { keyState, revokeStep } from "../records/key-state.ts";
import { isNamed } from "../records/named-keys.ts";
import { rememberedAttempts } from "../records/remembered-attempts.ts";
import { recordWithoutAttempt } from "../records/status-record.ts";
import { problemVerdict } from "../records/verdicts.ts";
import { type StatusRecord, UNTIL_REPLACED, type Verdict } from "../view/status.ts";
import type { PresentView } from "../view/view.ts";

/**
 * The status that gives an attempt up: it stays on record, whole, until its late effects are out of the question.
 *
 * @param known what only the attempt's own writer knows of it.
 */
export function abandonAttempt(
  view: PresentView,
  attempt: Attempt,
  known: Pick<AbandonedAttempt, "undelivered" | "refused"> = {},
): StatusRecord {
  const { status } = view.object;
  const abandoned: AbandonedAttempt = { ...attempt, abandonedAt: view.now, listings: 0, ...known };
  const rest = status.attempt?.id === attempt.id ? recordWithoutAttempt(status) : status;
  // While the API fails for days nothing is committed: old entries must go here too.
  return { ...rest, abandoned: [...rememberedAttempts(view), abandoned] };
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

export function unknownVerdict(view: PresentView, attempt: Attempt, why?: string): Verdict {
  if (isAdoption(attempt)) return undoneVerdict(view, attempt, why);
  const cause = why === undefined ? "" : ` (${why})`;
  const message = `attempt ${attempt.id} to ${attempt.op} a key has no certain outcome${cause}; the controller searches for what it left and revokes it before a new attempt`;
  return problemVerdict(view, { reason: "CreateOutcomeUnknown", message, transient: true });
}
