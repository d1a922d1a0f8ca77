import type { ObjectView } from "../view/object.ts";
import type { Verdict } from "../view/status.ts";

/**
 * The `metadata.generation` that a status with this verdict speaks of.
 *
 * A key that works stays Ready while its spec is not obeyed yet, or cannot be. Who waits for the spec, as kstatus does,
 * has only the generation to tell it by: it stays the one whose spec was obeyed last.
 */
export function reportedGeneration(
  { generation, observedGeneration }: Pick<ObjectView, "generation" | "observedGeneration">,
  { ready, progress }: Verdict,
): number {
  return ready && progress !== "settled" ? Math.min(observedGeneration, generation) : generation;
}
