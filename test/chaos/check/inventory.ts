import { parseTag } from "@signatureapi-keys/lifecycle";
import type { History } from "../history.ts";
import type { IndexedHistory } from "./index-of-history.ts";
import type { KeyFate } from "./keys.ts";
import type { Violation } from "./violation.ts";

/** Compares what the last inventories have counted with what is at the vendor's. */
export function inventoryViolations(index: IndexedHistory, fates: readonly KeyFate[]): readonly Violation[] {
  const { final } = index.history;
  return final.inventories.flatMap((seen) => {
    const here = fates.filter(({ key }) => key.account === seen.account);
    const of = (...kinds: readonly KeyFate["kind"][]): readonly KeyFate[] =>
      here.filter(({ kind }) => kinds.includes(kind));
    const unrecorded = of("orphaned", "repeated", "forgotten", "rolled-back");
    // One whose description was edited, too, is like a key that was made by hand.
    const tagged = unrecorded.filter(({ key }) => parseTag(key.description) !== undefined).length;
    const untagged = unrecorded.length - tagged + of("rewritten", "retained", "unadopted").length;
    const expected = {
      managed: of("committed", "retiring").length,
      abandoned: 0,
      unaccounted: tagged,
      foreign: othersIn(index.history, seen.account) + untagged,
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
