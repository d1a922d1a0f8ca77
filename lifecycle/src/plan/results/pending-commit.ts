import { beginCommit, type PendingCommit } from "../commit/state.ts";
import { type CommitInput, nextCommit } from "../commit/transitions.ts";
import { declaredNow } from "../records/commit-record.ts";
import { keyState } from "../records/key-state.ts";
import type { Step } from "../step.ts";
import type { Problem } from "../view/problem.ts";
import type { View } from "../view/view.ts";
import { lookAgain } from "./looks.ts";
import type { Observed, StepResult } from "./step-result.ts";

/** Lets something happen to the pending commit, if there is one. */
export function moveCommit(view: View, input: CommitInput): View {
  const { pendingCommit, ...pass } = view.pass;
  if (pendingCommit === undefined) return view;
  const next = nextCommit(pendingCommit, input);
  if (next === undefined) return { ...view, pass };
  const moved = { ...view, pass: { ...pass, pendingCommit: next } };
  const isOver = next.state.phase === "revoking" && isKnownUnrevocable(moved, next.keyId);
  return isOver ? moveCommit(moved, { type: "not-revocable" }) : moved;
}

/** Whether this pass has seen already that the key is revoked, or is not ours. */
function isKnownUnrevocable(view: View, keyId: string): boolean {
  const { state } = keyState(view, keyId);
  return state !== "ours" && state !== "unknown";
}

/** The commit begins with the answer that shows the value, once. */
export function applyMint(
  view: View,
  step: Step & { kind: "mint" | "roll" },
  minted: Observed["minted"],
): View {
  if (minted === undefined) throw new TypeError("a mint that is done gives a key");
  const obeys = declaredNow(view);
  const key = { ...minted, attempt: step.attempt, ...(obeys === undefined ? {} : { obeys }) };
  const pendingCommit = beginCommit(key, view.now);
  return { ...view, pass: { ...view.pass, pendingCommit } };
}

/** What the look at a key says of the pending commit: the API keeps tags, or the key cannot be revoked. */
export function applyKeySeen(view: View, keyId: string): View {
  const { pendingCommit } = view.pass;
  if (pendingCommit?.keyId !== keyId) return view;
  const seen = { ...view, account: { ...view.account, tagsVerified: true } };
  return isKnownUnrevocable(seen, keyId) ? moveCommit(seen, { type: "not-revocable" }) : seen;
}

/**
 * How long to wait after a step before the next, in milliseconds: only where it has failed, and only a pending commit is
 * worth it. A look that came too early to see the key counts as a failure.
 *
 * @param before the view before the step, `after` the view with its result.
 */
export function pauseAfterStep(before: View, result: StepResult, after: View): number {
  const failures = after.pass.pendingCommit?.failures ?? 0;
  const failed = result.outcome !== "done" || failures > (before.pass.pendingCommit?.failures ?? 0);
  return failures === 0 || !failed ? 0 : after.timing.commitRetry * 2 ** Math.min(failures - 1, 5);
}

/** With a pending commit, no failure ends the pass within the commit's budget: the lock is looked at again. */
export function applyFailureToCommit(
  view: View,
  pending: PendingCommit,
  step: Step,
  failed: StepResult & { outcome: "rejected" | "unknown" },
): View {
  const { problem } = failed;
  const over = view.now >= pending.receivedAt + view.timing.commitBudget;
  if (step.kind === "get-key" || step.kind === "revoke-key") {
    // Whether tags are kept can be asked again with the next key; a value that is written does not wait for it.
    if (pending.state.phase === "written")
      return { ...view, account: { ...view.account, tagsVerified: true } };
    if (over) return { ...view, pass: { ...view.pass, failure: problem } };
    return moveCommit(view, { type: "failed" });
  }
  if (step.kind === "commit-secret") {
    const input = { type: "write-failed", created: step.replaces === undefined } as const;
    const again = { ...view, secret: { state: "unread" } as const };
    return moveCommit(again, over ? { ...input, problem } : input);
  }
  // The API server answers, and says that the lock may be lost: then what was created is to be taken back.
  const mustLook = failed.conflict && pending.state.phase === "written" && pending.state.lock === "presumed";
  if (over && !mustLook) {
    if (view.object.state === "present") return leaveToRecords(view, problem);
    // No object is left that a recovery would begin from: what can still be done is to revoke the key.
    return moveCommit(view, { type: "timed-out", secret: view.secret });
  }
  return moveCommit(failed.conflict ? lookAgain(view, step) : view, { type: "failed" });
}

/** The budget is over and the cluster does not answer: the records hold all that a later pass needs. */
function leaveToRecords(view: View, failure: Problem): View {
  const { pendingCommit: _recorded, ...pass } = view.pass;
  return { ...view, pass: { ...pass, failure, statusUnwritable: true } };
}
