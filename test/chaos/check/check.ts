import type { History } from "../history.ts";
import { deliveryViolations } from "./delivery.ts";
import { IndexedHistory } from "./index-of-history.ts";
import { inventoryViolations } from "./inventory.ts";
import { fatesOf, type KeyFate } from "./keys.ts";
import { foreignViolations } from "./others.ts";
import { recoveriesOf, recoveryViolations, type Recovery } from "./recovery.ts";
import { revocationViolations } from "./revocations.ts";
import type { Violation } from "./violation.ts";

/** What a history has shown. */
export interface Judgement {
  readonly violations: readonly Violation[];
  /** Every living key that is not of others, and what it is. */
  readonly fates: readonly KeyFate[];
  /** What became of each attempt of unknown outcome. */
  readonly recoveries: readonly Recovery[];
}

/**
 * Judges a finished run: the invariant at its end, and what must never have happened at any time before. It is a pure
 * function of what was recorded.
 */
export function judge(history: History): Judgement {
  const index = new IndexedHistory(history);
  const fates = fatesOf(index);
  const recoveries = recoveriesOf(index, fates);
  const wrongKeys = fates.flatMap((fate) => (fate.kind === "wrong" ? [fate.violation] : []));
  return {
    fates,
    recoveries,
    violations: [
      ...wrongKeys,
      ...revocationViolations(index),
      ...foreignViolations(index),
      ...deliveryViolations(index, fates),
      ...inventoryViolations(index, fates),
      ...recoveryViolations(recoveries),
    ],
  };
}
