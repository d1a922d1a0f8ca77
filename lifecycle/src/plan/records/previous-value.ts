import { isProblem } from "../view/problem.ts";
import type { SecretView } from "../view/secret.ts";
import type { Retiring } from "../view/status.ts";
import type { PresentView } from "../view/view.ts";

/**
 * The retiring key whose value stands in the entry of `spec.secret.previousKey`: of those that have an overlap, the
 * one that was replaced last and whose value is still at hand. After an emergency no key has an overlap, so that
 * nothing is kept.
 *
 * @param atHand fingerprints of the values that stand in the Secret: values are never kept anywhere else.
 */
export function keptPrevious(
  previous: readonly Retiring[],
  atHand: readonly string[],
): (Retiring & { readonly fingerprint: string }) | undefined {
  const kept = previous.flatMap((retiring) => {
    const { fingerprint, replacedAt, revokeAt } = retiring;
    const overlaps = replacedAt !== undefined && revokeAt > replacedAt;
    return fingerprint !== undefined && overlaps && atHand.includes(fingerprint)
      ? [{ ...retiring, fingerprint }]
      : [];
  });
  return kept.at(-1);
}

/** Whether the entry for the previous value holds what it shall: nothing, once that key is revoked. */
export function isPreviousDeclared(
  { object: { desired, status } }: PresentView,
  secret: SecretView & { readonly state: "present" },
): boolean {
  const keeps = !isProblem(desired) && desired.keepsPrevious === true;
  return secret.previous === (keeps ? keptPrevious(status.previous, secret.entries)?.fingerprint : undefined);
}
