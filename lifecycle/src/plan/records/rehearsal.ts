import type { Attempt } from "../../attempt.ts";
import type { Step } from "../step.ts";
import type { PresentView } from "../view/view.ts";
import { commitRecordFor } from "./commit-record.ts";

/**
 * The dry run of the write that commits an attempt. Its record is the one to come: with all keys that retire, since
 * their number is what makes annotations outgrow what the API server takes. What only the answer of the management API
 * tells is left empty, for the caller to fill up.
 */
export function rehearsal(view: PresentView, attempt: Attempt): Step & { readonly kind: "preflight-secret" } {
  const unknown = { keyId: attempt.keyId ?? "", fingerprint: "", hint: "", createdAt: view.now };
  return { kind: "preflight-secret", record: commitRecordFor(view, { attempt, ...unknown }, view.now) };
}
