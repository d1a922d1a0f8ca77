import { enabled, take, type Action } from "./actions.ts";
import { violationOr, type Counterexample } from "./explore.ts";
import type { Rules } from "./process.ts";
import type { Request } from "./request.ts";
import { auditRest, type Trace } from "./rest.ts";
import type { Command, State, World } from "./state.ts";
import { outputsOf } from "./audit.ts";

/** Replays actions; one that cannot be taken is left out. Returns the last state, or the violation. */
async function replay(
  first: State,
  actions: readonly Action[],
  world: World,
  rules: Rules,
  trace: Trace = () => {},
): Promise<State | string> {
  let state = first;
  for (const action of actions) {
    const wanted = JSON.stringify(action);
    if (!enabled(state, world).some((other) => JSON.stringify(other) === wanted)) continue;
    const before = state;
    const after = await violationOr(() => take(before, action, world, rules));
    if (typeof after === "string") {
      trace(before, action, before);
      return after;
    }
    trace(before, action, after);
    state = after;
  }
  return state;
}

/** Takes out of a counterexample, one by one and from the end, the actions without which it still goes wrong. */
export async function shrink(
  first: State,
  found: Counterexample,
  world: World,
  rules: Rules,
): Promise<Counterexample> {
  let { actions } = found;
  for (let index = actions.length - 1; index >= 0; index -= 1) {
    const fewer = actions.toSpliced(index, 1);
    if (await goesWrong(first, { ...found, actions: fewer }, world, rules)) actions = fewer;
  }
  return { ...found, actions };
}

async function goesWrong(
  first: State,
  { actions, atRest }: Counterexample,
  world: World,
  rules: Rules,
): Promise<boolean> {
  const last = await replay(first, actions, world, rules);
  if (typeof last === "string") return !atRest;
  if (!atRest || last.processes.length > 0 || last.late.length > 0) return false;
  return typeof (await violationOr(() => auditRest(last, world, rules))) === "string";
}

/** A counterexample as it is read: what happened, when, and how the world looked after it. */
export async function timeline(
  first: State,
  found: Counterexample,
  world: World,
  rules: Rules,
): Promise<string> {
  const lines = [`${world.name}: ${found.violation}`, `${" ".repeat(12)}${look(first)}`];
  const trace: Trace = (before, action, after) => {
    const seconds = ((after.now - first.now) / 1_000).toFixed(0).padStart(8);
    const seen = look(after);
    const changed = seen === look(before) ? "" : `\n${" ".repeat(12)}${seen}`;
    lines.push(`${seconds} s  ${describe(before, action)}${changed}`);
  };
  const last = await replay(first, found.actions, world, rules, trace);
  if (found.atRest && typeof last !== "string") {
    lines.push("            --- no more faults: a minute passes, then pulumi up ---");
    await violationOr(() => auditRest(last, world, rules, trace));
  }
  return lines.join("\n");
}

function describe(state: State, action: Action): string {
  switch (action.kind) {
    case "begin":
      return `stack ${action.stack}: pulumi ${wordsOf(action.command)}`;
    case "clock":
      return `${action.ms / 1_000} s pass`;
    case "arrive":
      return "a create that was given up takes effect";
    case "kill engine":
      return `*** the engine of ${nameOf(state, action.process)} is killed`;
    case "kill provider": {
      const when = action.effect ? "after" : "before";
      return `*** the provider of ${nameOf(state, action.process)} is killed ${when}: ${asked(state, action.process)}`;
    }
    case "step": {
      const outcome = action.outcome === "done" ? "" : ` → ${action.outcome}`;
      return `${nameOf(state, action.process)}: ${asked(state, action.process)}${outcome}`;
    }
  }
}

function wordsOf(command: Command): string {
  if (command.kind !== "up") return command.kind;
  const replace = command.replace === undefined ? "" : ` --replace (${command.replace})`;
  return `up${replace}, declared: ${command.declared}`;
}

function nameOf({ processes }: State, id: number): string {
  const process = processes.find((other) => other.id === id);
  return `${process?.command.kind ?? "?"} #${id}${process?.engine === false ? " (no engine)" : ""}`;
}

function asked({ processes }: State, id: number): string {
  const next = processes.find((other) => other.id === id)?.next;
  return next === undefined ? "?" : wordsOfRequest(next);
}

function wordsOfRequest(request: Request): string {
  switch (request.kind) {
    case "create":
      return `create "${request.description}"`;
    case "describe":
      return `describe ${request.keyId} "${request.description}"`;
    case "wait":
      return `wait ${request.ms / 1_000} s`;
    case "save":
      return `the engine saves (${request.what})`;
    case "listens":
      return "does the engine listen?";
    default:
      return "keyId" in request ? `${request.kind} ${request.keyId}` : request.kind;
  }
}

/** The keys and the checkpoints in one line. */
function look({ keys, stacks }: State): string {
  const account = keys
    .filter(({ revoked, madeBy }) => !revoked && madeBy !== undefined)
    .map(({ id, description }) => `${id}${description.includes("?]") ? " (unconfirmed)" : ""}`);
  const saved = stacks.map(({ checkpoint: { resource, condemned, pending } }) => {
    const outputs = resource && outputsOf(resource);
    const named = outputs === undefined ? "nothing" : `${outputs.keyId} ${outputs.status}`;
    const previous = (outputs?.previous ?? []).map(({ keyId }) => `, retiring ${keyId}`);
    const unrecorded = (outputs?.unrecordedKeys ?? []).map(({ keyId }) => `, unrecorded ${keyId}`);
    const gone = condemned.map((given) => `, to delete ${outputsOf(given).keyId}`);
    const open = pending.map((operation) => `, pending: ${operation.replace(/ .*/, "")}`);
    return [named, ...previous, ...unrecorded, ...gone, ...open].join("");
  });
  return `keys: ${account.join(", ") || "none"} | state: ${saved.join(" | ")}`;
}
