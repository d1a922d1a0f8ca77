import { act, type Decision } from "../decision.ts";
import { keyState } from "../records/key-state.ts";
import { isLookAsked } from "../records/asked-look.ts";
import { isProblem } from "../view/problem.ts";
import type { PresentView } from "../view/view.ts";

/** A user asks for a look: the Secret and the key are read now, whatever the cache says and however old the last look is. */
export function lookWhenAsked(view: PresentView): Decision | undefined {
  if (!isLookAsked(view.object)) return undefined;
  const { secret, account, object } = view;
  if (secret.state === "unread" || secret.read === "cached") return act({ kind: "read-secret" });
  const { keyId } = object.status;
  const asks = !isProblem(account.usable) && !isProblem(object.desired) && !object.desired.suspend;
  if (keyId === undefined || !asks || keyState(view, keyId).state !== "unknown") return undefined;
  return act({ kind: "get-key", keyId });
}
