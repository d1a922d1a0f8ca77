import { own } from "../../own.ts";
import { act, type Decision, restOn } from "../decision.ts";
import { isRolled, revokeStep } from "../records/key-state.ts";
import { deliveredVerdict, recordWith } from "../records/status-record.ts";
import { isDelivered } from "../records/verdicts.ts";
import { endSiblings } from "../recovery/leftovers.ts";
import { holdOn, overdueKeys } from "../rollouts/hold.ts";
import { isProblem } from "../view/problem.ts";
import type { PresentView } from "../view/view.ts";

/**
 * Revokes what has outlived its overlap, and is held by nothing.
 *
 * Invariant: before an old key goes, the rollouts of all dependents were complete, and a GET has shown that the
 * committed one is active.
 */
export function retirePrevious(view: PresentView): Decision | undefined {
  const { status } = view.object;
  const overdue = overdueKeys(view);
  // A lost Secret or key is replaced first: the old key may be the last that works.
  if (overdue.length === 0 || !isDelivered(view)) return undefined;
  // What a cache shows may have been replaced meanwhile, by hand or by another commit.
  if (view.secret.state === "unread" || view.secret.read === "cached") return act({ kind: "read-secret" });
  const holds = overdue.map((retiring) => holdOn(view, retiring));
  const look = holds.find((hold) => hold !== undefined && "step" in hold);
  if (look !== undefined && "step" in look) return look;
  const due = overdue.find((_retiring, index) => holds[index] === undefined);
  if (due === undefined) return undefined;
  const { usable } = view.account;
  if (isProblem(usable)) return restOn(view, usable);
  const committed = status.keyId;
  if (committed === undefined) return undefined;
  const current = own(view.pass.remote, committed);
  if (current === undefined) return act({ kind: "get-key", keyId: committed });
  if (current === "absent" || current.status !== "active" || isRolled(view, current)) return undefined;
  const revoke = endSiblings(view, due) ?? revokeStep(view, due.keyId, "Retired");
  if (revoke !== undefined) return revoke;
  const rest = recordWith(view, { previous: status.previous.filter((retiring) => retiring !== due) });
  return act({ kind: "write-status", why: "Retired", status: rest, verdict: deliveredVerdict(rest) });
}
