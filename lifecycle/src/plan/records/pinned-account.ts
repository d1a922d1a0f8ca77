import { isProblem } from "../view/problem.ts";
import type { PresentView } from "../view/view.ts";

/** The account that status and Secret agree on from the first key on; the Secret speaks where a status was lost. */
export function pinnedAccount(view: PresentView): string | undefined {
  const { secret } = view;
  const beside = secret.state === "present" && secret.owner === "this" ? secret.record : undefined;
  return view.object.status.accountId ?? beside?.accountId;
}

export function accountOf(view: PresentView): string {
  const { usable } = view.account;
  return view.object.status.accountId ?? (isProblem(usable) ? "" : usable.accountId);
}
