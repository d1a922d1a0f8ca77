import { parseTag, withoutTag, withTag } from "../../tag.ts";
import { act, type Decision, restOn } from "../decision.ts";
import { keyState } from "../records/key-state.ts";
import { deliveredVerdict, recordWith } from "../records/status-record.ts";
import { isProblem } from "../view/problem.ts";
import type { PresentView } from "../view/view.ts";

/**
 * Takes over what another installation has managed, where the operator says that it has moved here: its keys are
 * tagged anew, and then the status names this installation. After that the old one is not needed any more.
 *
 * Invariant: the status keeps naming the old installation until each recorded key carries the new tag, so that a
 * crash in between leaves nothing that neither of the two accounts for.
 */
export function moveHere(view: PresentView): Decision | undefined {
  const { status } = view.object;
  if (status.installation === undefined || status.installation === view.installation) return undefined;
  const { usable } = view.account;
  if (isProblem(usable)) return restOn(view, usable);
  for (const keyId of [status.keyId, ...status.previous.map((retiring) => retiring.keyId)]) {
    const decision = keyId === undefined ? undefined : tagAnew(view, keyId);
    if (decision !== undefined) return decision;
  }
  const moved = recordWith(view, { installation: view.installation });
  const verdict = view.object.verdict ?? deliveredVerdict(moved);
  return act({ kind: "write-status", why: "Moved", status: moved, verdict });
}

function tagAnew(view: PresentView, keyId: string): Decision | undefined {
  const known = keyState(view, keyId);
  if (known.state === "unknown") return act({ kind: "get-key", keyId });
  if (known.state !== "ours") return undefined;
  const tag = parseTag(known.key.description);
  if (tag === undefined || tag.installation === view.installation) return undefined;
  const description = withTag(withoutTag(known.key.description), { ...tag, installation: view.installation });
  return act({ kind: "describe-key", why: "Moved", keyId, description });
}
