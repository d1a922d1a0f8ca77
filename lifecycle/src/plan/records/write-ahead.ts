import { MAX_REVISION } from "../../tag.ts";
import { isProblem } from "../view/problem.ts";
import type { PresentView } from "../view/view.ts";

/** Installation and account are pinned with the first durable record, before anything is asked for. */
export function pins(view: PresentView): { installation: string; accountId?: string } {
  const { usable } = view.account;
  return { installation: view.installation, ...(isProblem(usable) ? {} : { accountId: usable.accountId }) };
}

/** The revision of the next key, later than any that was tried. */
export function nextRevision({ object: { status } }: PresentView): number {
  const tried = status.abandoned.filter(({ refused }) => refused !== true).map(({ revision }) => revision);
  return Math.min(Math.max(status.revision, ...tried) + 1, MAX_REVISION);
}
