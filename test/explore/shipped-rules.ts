import type { Findings, View } from "@signatureapi-keys/lifecycle";
import { FindingsMemory } from "../../controller/src/inventory/findings.ts";
import { SHIPPED, type Rules } from "../../lifecycle/src/model/passes.ts";
import { SHIPPED_CODECS } from "./shipped-codecs.ts";

/** All that ships and that the model can run: the rules, and what the controller reads, writes and remembers. */
export const SHIPPED_RULES: Rules = { ...SHIPPED, codecs: SHIPPED_CODECS, settle };

const UID = "uid-0";

function settle(findings: Findings, { object, pass }: View): Findings | undefined {
  const memory = new FindingsMemory();
  memory.set(UID, findings);
  memory.settle(UID, { object, pass });
  const left = memory.of(UID);
  const isSame = left !== undefined && countOf(left) === countOf(findings);
  return isSame ? findings : left;
}

function countOf({ doubts, leftovers, orphans }: Findings): number {
  return doubts.length + leftovers.length + orphans.length;
}
