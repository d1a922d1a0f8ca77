import { createHash } from "node:crypto";
import type { State } from "./state.ts";

const ATTEMPT = /zz[a-z2-7]{4}zz/g;

/**
 * Names a state: equal names mean that the same may follow. Attempts are numbered in the order in which they appear, so
 * that it does not matter which process has made them. What a process has asked is left out: it follows from the answers.
 */
export function keyOf(state: State, withBudget: boolean): string {
  const { budget, active, nextProcess: _next, processes, ...rest } = state;
  const running = processes.map(({ log, next: _asked, ...process }) => [
    process,
    log.map(({ answer }) => answer),
  ]);
  const text = JSON.stringify([rest, running, ...(withBudget ? [budget, active] : [])]);
  const names = new Map<string, string>();
  const renamed = text.replace(ATTEMPT, (attempt) => {
    const name = names.get(attempt) ?? `#${names.size}`;
    names.set(attempt, name);
    return name;
  });
  return createHash("sha1").update(renamed).digest("base64");
}
