import { take, type Action } from "../actions.ts";
import { converge, type Trace } from "../converge.ts";
import type { Rules } from "../passes.ts";
import type { State } from "../state.ts";
import { line, look } from "../timeline.ts";
import type { Counterexample } from "./explore.ts";

/** Replays actions from a state; an action that cannot be taken is left out. */
function replay(
  first: State,
  actions: readonly Action[],
  rules: Rules,
  trace?: Trace,
): { readonly last: State; readonly violation: string | undefined } {
  let state = first;
  for (const action of actions) {
    const moved = canTake(state, action) ? take(state, action, rules) : undefined;
    if (moved === undefined) continue;
    trace?.(state, action, moved.state);
    state = moved.state;
    if (moved.violation !== undefined) return { last: state, violation: moved.violation };
  }
  return { last: state, violation: undefined };
}

function canTake(state: State, action: Action): boolean {
  return action.kind !== "step" || state.workers[action.worker]?.pass !== undefined;
}

/** Takes out of a counterexample, one by one, the actions without which it still goes wrong. */
export function shrink(first: State, found: Counterexample, rules: Rules): Counterexample {
  let { actions } = found;
  for (let index = actions.length - 1; index >= 0; index -= 1) {
    const fewer = actions.toSpliced(index, 1);
    const { last, violation } = replay(first, fewer, rules);
    const wrong = found.atRest ? converge(last, rules).violation !== undefined : violation !== undefined;
    if (wrong && (violation === undefined) === found.atRest) actions = fewer;
  }
  return { ...found, actions };
}

/** A counterexample as it is read: what was done, by whom, what came of it, and how the world looks after it. */
export function timeline(first: State, found: Counterexample, rules: Rules): string {
  const lines = [`${found.violation}${found.atRest ? " (in a run without faults after these actions)" : ""}`];
  lines.push(`  at the beginning${look(first)}`);
  const trace: Trace = (before, action, after) => {
    lines.push(line(first, before, action, after));
  };
  const { last } = replay(first, found.actions, rules, trace);
  if (!found.atRest) return lines.join("\n");
  lines.push("  --- no more faults ---");
  converge(last, rules, { trace });
  // A run that never comes to rest would fill the screen.
  return lines.slice(0, MAX_LINES).join("\n");
}

const MAX_LINES = 150;
