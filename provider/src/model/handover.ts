import type { Process } from "./state.ts";

/**
 * Whether a process has requested a key and not confirmed it yet. The deadlines of the two requests keep that within a
 * minute, so time does not pass meanwhile.
 */
export function isHandingOver({ provider, next, log }: Process): boolean {
  if (!provider) return false;
  if (next.kind === "create") return true;
  const last = log.findLast(({ request }) => CHANGES.has(request.kind));
  return last?.request.kind === "create" && last.answer.kind === "key" && HANDS_OVER.has(next.kind);
}

const CHANGES: ReadonlySet<string> = new Set(["create", "describe", "roll", "revoke"]);
const HANDS_OVER: ReadonlySet<string> = new Set(["listens", "describe"]);
