import { own } from "../../own.ts";
import { act, type Decision } from "../decision.ts";
import { alteredProblem } from "../records/altered.ts";
import { commitRecordFromStatus } from "../records/commit-record.ts";
import { isHalted } from "../records/halted.ts";
import { keepClaims } from "../records/keep-claims.ts";
import { isPreviousDeclared } from "../records/previous-value.ts";
import { rebuildStatus } from "../records/rebuild-status.ts";
import { isProblem } from "../view/problem.ts";
import type { PresentSecret } from "../view/secret.ts";
import type { PresentView } from "../view/view.ts";

/** Makes status and Secret agree again where both still hold the one value, without minting anything. */
export function repairRecords(view: PresentView): Decision | undefined {
  const { secret } = view;
  if (secret.state === "unread") return act({ kind: "read-secret" });
  if (secret.state === "absent") return undefined;
  return rebuildStatus(view, secret) ?? keepClaims(view, secret) ?? restoreSecret(view, secret);
}

/**
 * The value stands, but not as declared: annotations stripped or edited, labels, template, an entry's name, or a
 * previous value whose key is revoked.
 */
function restoreSecret(view: PresentView, secret: PresentSecret): Decision | undefined {
  const { status } = view.object;
  const holdsValue = status.fingerprint !== undefined && secret.fingerprint === status.fingerprint;
  if (!holdsValue || secret.owner === "other" || status.attempt !== undefined || view.pass.rewritten)
    return undefined;
  // Said at the end; what a cache shows is looked at before.
  if (secret.taken !== undefined) return secret.read === "cached" ? act({ kind: "read-secret" }) : undefined;
  const record = commitRecordFromStatus(view);
  if (record === undefined || isProblem(view.object.desired)) return undefined;
  const sameKey = secret.owner === "this" && secret.record?.keyId === status.keyId;
  if (sameKey && secret.shape === "declared" && isPreviousDeclared(view, secret)) return undefined;
  if (secret.read === "cached") return act({ kind: "read-secret" });
  // What a policy alters each time is not fought: that would be a write in each pass.
  if (view.pass.shapeProblem !== undefined || (sameKey && alteredProblem(view) !== undefined))
    return undefined;
  // Without its attempt the record would be no witness of the commit, should the status be lost later.
  const unknown = record.attempt === "" && own(view.pass.remote, record.keyId) === undefined;
  if (unknown && isHalted(view)) return undefined;
  if (unknown && !isProblem(view.account.usable)) return act({ kind: "get-key", keyId: record.keyId });
  return act({
    kind: "rewrite-secret",
    why: "Restored",
    guard: { uid: secret.uid, resourceVersion: secret.resourceVersion },
    record,
  });
}
