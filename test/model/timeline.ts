import { take, type Action } from "./actions.ts";
import { converge } from "./converge.ts";
import type { Counterexample } from "./explore.ts";
import { sweep, type Rules } from "./passes.ts";
import type { State } from "./state.ts";
import { objectAt, secretAt } from "./store.ts";

/** Replays actions from a state; an action that cannot be taken is left out. */
function replay(
  first: State,
  actions: readonly Action[],
  rules: Rules,
  tell?: (before: State, action: Action, after: State) => void,
): { readonly last: State; readonly violation: string | undefined } {
  let state = first;
  for (const action of actions) {
    const moved = canTake(state, action) ? take(state, action, rules) : undefined;
    if (moved === undefined) continue;
    tell?.(state, action, moved.state);
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
  const tell = (before: State, action: Action, after: State): void => {
    const seconds = ((after.now - first.now) / 1_000).toFixed(1).padStart(8);
    const changed = look(before) === look(after) ? "" : look(after);
    lines.push(`${seconds}s ${describe(before, action)}${changed}`);
  };
  const { last } = replay(first, found.actions, rules, tell);
  if (!found.atRest) return lines.join("\n");
  lines.push("  --- no more faults ---");
  converge(last, rules, undefined, tell);
  // A run that never comes to rest would fill the screen.
  return lines.slice(0, MAX_LINES).join("\n");
}

const MAX_LINES = 150;

function describe(state: State, action: Action): string {
  switch (action.kind) {
    case "begin":
      return `${nameOf(state, action.worker)} begins a pass (caches lag ${action.lag.object}/${action.lag.secret})`;
    case "step":
      return `${nameOf(state, action.worker)} ${stepName(state, action.worker)}${action.fault === "none" ? "" : ` → ${action.fault}`}`;
    case "crash":
      return `controller ${letter(action.controller)} crashes`;
    case "arrive":
      return `the late ${state.late[action.index]?.request.step.kind ?? "effect"} arrives`;
    case "sweep":
      return `the inventory sweeps the account${toldBySweep(state)}`;
    case "clock":
      return `the clock goes on by ${action.by / 1_000} s`;
    case "interfere":
      return `*** ${action.what} (apikey-${action.apiKey})`;
  }
}

function toldBySweep(state: State): string {
  const told = sweep(state)?.findings ?? [];
  const lines = told.map((findings, index) => {
    const { doubts = [], leftovers = [] } = findings ?? {};
    return `apikey-${index}: doubts ${doubts.join(" ")}, unnamed ${leftovers.join(" ")}`;
  });
  return ` (${lines.join("; ")})`;
}

function letter(controller: number): string {
  return "ABCDEFGH".charAt(controller);
}

function nameOf(state: State, index: number): string {
  const worker = state.workers[index];
  return `${letter(worker?.controller ?? 0)}/apikey-${worker?.apiKey ?? 0}`;
}

function stepName(state: State, index: number): string {
  const step = state.workers[index]?.pass?.step;
  if (step === undefined) return "rests";
  if (step.kind === "write-status") return `write-status ${step.why}`;
  return "keyId" in step ? `${step.kind} ${step.keyId}` : step.kind;
}

function look(state: State): string {
  const lines = state.cluster.apiKeys.map((_slot, index) => {
    const object = objectAt(state.cluster, index);
    const secret = secretAt(state.cluster, index);
    const status = object?.status;
    const attempts = [
      `attempt ${status?.attempt?.id ?? "none"}`,
      `abandoned ${status?.abandoned.map(({ id, listings }) => `${id}(${listings})`).join(" ") ?? ""}`,
      `previous ${status?.previous.map(({ keyId }) => keyId).join(" ") ?? ""}`,
    ].join(", ");
    const stored = object === undefined ? "gone" : `keyId ${status?.keyId ?? "none"}, ${attempts}`;
    const held =
      secret === undefined
        ? "absent"
        : `${secret.value ?? ""} of ${secret.record?.keyId ?? "nobody"} by ${secret.record?.attempt ?? "-"}`;
    return `\n             apikey-${index}: ${stored}; Secret: ${held}`;
  });
  const keys = state.keys.slice(2).map(({ id, status, value }) => `${id}=${value} ${status}`);
  return `${lines.join("")}\n             keys: ${keys.join(", ")}`;
}
