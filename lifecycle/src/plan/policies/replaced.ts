import type { Attempt } from "../../attempt.ts";
import { judgeEvidence, type RemoteKey } from "../../evidence.ts";
import type { Step } from "../step.ts";
import { UNTIL_REPLACED, type CommitRecord, type Retiring, type StatusRecord } from "../view.ts";
import type { Decision, PresentView } from "./policy.ts";
import { boundedTime, overlapOf } from "./times.ts";

/** What of an attempt says whom its commit replaces. */
export type Replacing = Pick<Attempt, "op" | "reason">;

/**
 * Who retires beside a commit that is accepted after the fact: whom the status knows, whom the commit replaced, and
 * of those that only the annotations name the ones whose own tags show that they are this object's. A status that
 * was wiped after the commit's writer had read it knows nobody.
 */
export function retiringBeside(
  view: PresentView,
  record: CommitRecord,
  attempt: Replacing,
): (Decision & { step: Step }) | { readonly previous: readonly Retiring[] } {
  const known = previousAfter(view, record, attempt);
  const latest = view.now + overlapOf(view);
  const found: Retiring[] = [];
  for (const claimed of record.previous) {
    if (claimed.keyId === record.keyId || known.some(({ keyId }) => keyId === claimed.keyId)) continue;
    const remote = view.pass.remote[claimed.keyId];
    if (remote === undefined) return { step: { kind: "get-key", keyId: claimed.keyId } };
    if (remote === "absent" || !isTaggedOurs(view, remote)) continue;
    found.push({ ...claimed, revokeAt: boundedTime(claimed.revokeAt, 0, latest) });
  }
  return { previous: [...known, ...found] };
}

/** Whom an accepted commit replaced, as the status knows it. */
function previousAfter(
  view: PresentView,
  { keyId, committedAt }: CommitRecord,
  { op, reason }: Replacing,
): readonly Retiring[] {
  const { status } = view.object;
  const replaced = status.keyId;
  if (replaced === keyId || op !== "create") return status.previous;
  const previous = replacedAt(status, committedAt + overlapOf(view));
  if (replaced === undefined || previous.some((retiring) => retiring.keyId === replaced)) return previous;
  return [...previous, { keyId: replaced, revokeAt: committedAt + overlapOf(view), reason }];
}

/** Keys that were to live until a replacement is committed get their time with its commit. */
export function replacedAt({ previous }: StatusRecord, revokeAt: number): readonly Retiring[] {
  return previous.map((retiring) =>
    retiring.revokeAt === UNTIL_REPLACED ? { ...retiring, revokeAt } : retiring,
  );
}

function isTaggedOurs(view: PresentView, key: RemoteKey): boolean {
  const { installation, previousInstallations, owner } = view;
  const claim = { installation, previousInstallations, owner, namedByStatus: false };
  return judgeEvidence(key, claim).ours && key.status !== "revoked";
}
