import type { RemoteKey } from "../../evidence.ts";
import { act, type Decision } from "../decision.ts";
import { isRolled, keyState, revokeStep } from "../records/key-state.ts";
import { isDelivered } from "../records/verdicts.ts";
import { endLeftovers, isSaidBySecret, lookAt, unrecorded } from "../recovery/leftovers.ts";
import type { Findings } from "../view/account.ts";
import { isProblem } from "../view/problem.ts";
import type { PresentView } from "../view/view.ts";

/**
 * Looks into what the inventory has found: hints to look, never evidence. Whatever they say, object, Secret and key
 * are read live before anything is done, and what cannot be proven from them is left alone.
 */
export function followFindings(view: PresentView): Decision | undefined {
  const { findings } = view;
  // Nothing comes between a write-ahead and what it was written for.
  if (findings === undefined || view.pass.ownAttempt !== undefined || isProblem(view.account.usable))
    return undefined;
  return (
    lookIntoDoubts(view, findings) ?? endLeftovers(view, findings.leftovers) ?? revokeOrphans(view, findings)
  );
}

/**
 * Asks for the recorded key if it may be gone, or may have another value than the one that was committed: what the
 * answer means is judged where keys are due.
 */
function lookIntoDoubts(view: PresentView, { doubts }: Findings): Decision | undefined {
  const { keyId } = view.object.status;
  if (keyId === undefined || !doubts.includes(keyId)) return undefined;
  return lookAt(view, keyId);
}

/**
 * Keys of ours that no record knows, where the account allows to revoke them. One may run in Pods all the same, if
 * the records were rolled back: it goes only when a later key is committed, active, and older than the overlap.
 */
function revokeOrphans(view: PresentView, { orphans }: Findings): Decision | undefined {
  for (const keyId of orphans) {
    const decision = lookAt(view, keyId) ?? revokeIfOrphaned(view, keyId);
    if (decision !== undefined) return decision;
  }
  return undefined;
}

function revokeIfOrphaned(view: PresentView, keyId: string): Decision | undefined {
  const { status } = view.object;
  const own = unrecorded(view, keyId);
  if (own === undefined || isSaidBySecret(view, keyId) || status.keyId === undefined) return undefined;
  const attempts = [status.attempt, ...status.abandoned].map((attempt) => attempt?.id);
  if (attempts.includes(own.tag.attempt) || !isDelivered(view)) return undefined;
  const committed = keyState(view, status.keyId);
  if (committed.state === "unknown") return act({ kind: "get-key", keyId: status.keyId });
  if (committed.state !== "ours" || !isReplacement(view, committed.key, own.key)) return undefined;
  return revokeStep(view, keyId, "Orphaned");
}

/** Whether a delivered key came later than another, and has served for as long as the overlap. */
function isReplacement(view: PresentView, committed: RemoteKey, old: RemoteKey): boolean {
  const { desired, status } = view.object;
  if (isProblem(desired) || committed.status !== "active" || isRolled(view, committed)) return false;
  // The status knows the time of a first commit only by the creation of its key, and a key waits for its commit
  // no longer than an attempt lives.
  const committedAt = Math.max(status.lastRotatedAt ?? 0, committed.createdAt + view.timing.attemptLifetime);
  return committed.createdAt > old.createdAt && view.now >= committedAt + desired.overlap;
}
