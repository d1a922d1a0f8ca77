import type { CommitState, PendingCommit } from "../commit/state.ts";
import { act, type Decision } from "../decision.ts";
import { commitRecordFor } from "../records/commit-record.ts";
import { keepNamedBeside } from "../records/keep-claims.ts";
import { revokeStep } from "../records/key-state.ts";
import { recordCommit } from "../records/status-record.ts";
import { problemVerdict } from "../records/verdicts.ts";
import { abandonAttempt } from "../recovery/abandon.ts";
import type { PresentView, View } from "../view/view.ts";

/**
 * A pending commit comes before everything else: the value is written, or the key that was minted is revoked. What
 * is next follows from the state of the commit; how that changes is in commit/transitions.ts.
 *
 * Invariant: nothing is written to the Secret unless the live ApiKey, read after the Secret, names our attempt.
 */
export function finishCommit(view: PresentView): Decision | undefined {
  const { pendingCommit: pending, failure } = view.pass;
  if (pending === undefined || failure !== undefined) return undefined;
  const { state } = pending;
  // The Secret first, the lock after it: a recovery touches the Secret, so that a commit that was decided on before
  // the lock was lost fails.
  if (needsSecret(view, state)) return act({ kind: "read-secret" });
  switch (state.phase) {
    case "unwritten":
      if (state.lock === "unchecked") return act({ kind: "read-object" });
      return keepBeside(view) ?? write(view, pending);
    case "written":
      if (state.lock === "unchecked") return act({ kind: "read-object" });
      return view.account.tagsVerified
        ? recordCommit(view, pending)
        : act({ kind: "get-key", keyId: pending.keyId });
    case "abandoning":
      return act({
        kind: "write-status",
        why: "Abandon",
        status: abandonAttempt(view, pending.attempt, state.undelivered ? { undelivered: true } : {}),
        verdict: problemVerdict(view, state.problem),
      });
    case "taking-back":
      return keepBeside(view) ?? undo(view, pending);
    default:
      return undo(view, pending);
  }
}

/** The keys that only the Secret names are recorded before it is replaced, or taken back. */
function keepBeside(view: PresentView): Decision | undefined {
  const { secret } = view;
  return secret.state === "present" ? keepNamedBeside(view, secret) : undefined;
}

/** The ApiKey is gone while its key was made: it is not declared any more, so what was made is undone. */
export function finishCommitWithoutObject(view: View): Decision | undefined {
  const { pendingCommit: pending, failure } = view.pass;
  if (pending === undefined || failure !== undefined) return undefined;
  return undo(view, pending) ?? act({ kind: "read-secret" });
}

function undo(view: View, { state, keyId }: PendingCommit): Decision | undefined {
  if (state.phase === "revoking") return revokeStep(view, keyId, "CommitLost");
  if (state.phase !== "taking-back") return undefined;
  const { secret } = view;
  if (secret.state !== "present") return act({ kind: "read-secret" });
  const { uid, resourceVersion, foreign } = secret;
  return act({ kind: "take-back-secret", guard: { uid, resourceVersion }, keep: foreign });
}

function needsSecret({ secret }: View, state: CommitState): boolean {
  if (state.phase === "uncertain") return true;
  if (state.phase !== "unwritten" && !(state.phase === "abandoning" && state.undelivered)) return false;
  return secret.state === "unread" || (secret.state === "present" && secret.read !== "live");
}

function write(view: PresentView, pending: PendingCommit): Decision {
  const { secret } = view;
  const replaces =
    secret.state === "present" ? { uid: secret.uid, resourceVersion: secret.resourceVersion } : undefined;
  return act({ kind: "commit-secret", record: commitRecordFor(view, pending, view.now), replaces });
}
