import type { History } from "../history.ts";
import type { IndexedHistory } from "./index-of-history.ts";
import type { KeyFate } from "./keys.ts";
import type { Violation } from "./violation.ts";

/** Compares what the last inventories have counted with what is at the vendor's. */
export function inventoryViolations(index: IndexedHistory, fates: readonly KeyFate[]): readonly Violation[] {
  const { final } = index.history;
  return final.inventories.flatMap((seen) => {
    const here = fates.filter(({ key }) => key.account === seen.account);
    const count = (...kinds: readonly KeyFate["kind"][]): number =>
      here.filter(({ kind }) => kinds.includes(kind)).length;
    const expected = {
      managed: count("committed", "retiring"),
      abandoned: 0,
      unaccounted: count("orphaned", "repeated", "forgotten", "rolled-back"),
      foreign: othersIn(index.history, seen.account) + count("rewritten", "retained", "unadopted"),
    };
    const kinds = ["managed", "abandoned", "unaccounted", "foreign"] as const;
    return kinds
      .filter((kind) => seen[kind] !== expected[kind])
      .map((kind) => ({
        rule: "inventory" as const,
        text: `the inventory of ${seen.account} counts ${seen[kind]} ${kind} keys, and there are ${expected[kind]}`,
      }));
  });
}

function othersIn({ others }: History, account: string): number {
  return others.filter((other) => other.account === account).length;
}
