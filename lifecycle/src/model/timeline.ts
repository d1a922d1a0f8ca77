import type { Action } from "./actions.ts";
import type { State } from "./state.ts";
import { objectAt, secretAt } from "./store.ts";

/** How a world looks: one line for each ApiKey with its Secret and its Pods, and one for the keys. */
export function look(state: State): string {
  const lines = state.cluster.apiKeys.map((_slot, index) => `\n             ${lookAt(state, index)}`);
  const keys = state.keys.map(({ id, status, value }) => `${id}=${value} ${status}`);
  return `${lines.join("")}\n             keys: ${keys.join(", ")}`;
}

function lookAt(state: State, index: number): string {
  const object = objectAt(state.cluster, index);
  const secret = secretAt(state.cluster, index);
  const workload = state.workloads[index];
  const status = object?.status;
  const attempts = [
    `attempt ${status?.attempt?.id ?? "none"}`,
    `abandoned ${status?.abandoned.map(({ id, listings }) => `${id}(${listings})`).join(" ") ?? ""}`,
    `previous ${status?.previous.map(({ keyId }) => keyId).join(" ") ?? ""}`,
  ].join(", ");
  const stored = object === undefined ? "gone" : `keyId ${status?.keyId ?? "none"}, ${attempts}`;
  const { record, value = "" } = secret ?? {};
  const content = secret === undefined ? "absent" : `${value} of ${record?.keyId ?? "no key"}`;
  const by = record === undefined ? "" : ` by ${record.attempt}`;
  const pods = workload === undefined ? "" : `; Pods: ${workload.pods?.value ?? "none"}`;
  const rolling = workload?.rolledOut === false ? " (to be replaced)" : "";
  return `apikey-${index}: ${stored}; Secret: ${content}${by}${pods}${rolling}`;
}

/** One line for an action: when, by whom, and what. */
export function line(first: State, before: State, action: Action, after: State): string {
  const seconds = ((after.now - first.now) / 1_000).toFixed(1).padStart(8);
  const looked = look(after);
  return `${seconds}s ${describe(before, action, after)}${look(before) === looked ? "" : looked}`;
}

function describe(state: State, action: Action, after: State): string {
  switch (action.kind) {
    case "begin":
      return `${nameOf(state, action.worker)} begins a pass (caches lag ${action.lag.object}/${action.lag.secret})`;
    case "step":
      return `${nameOf(state, action.worker)} ${stepOf(state, action.worker)}${action.fault === "none" ? "" : ` → ${action.fault}`}`;
    case "crash":
      return `controller ${letter(action.controller)} crashes`;
    case "lose-lease":
      return `controller ${letter(action.controller)} loses its lease`;
    case "arrive":
      return `the late ${state.late[action.index]?.request.step.kind ?? "effect"} arrives`;
    case "sweep":
      return `the inventory judges the account${foundBySweep(after)}`;
    case "list":
      return "the inventory lists the account";
    case "roll-out":
      return `the Pods of apikey-${action.apiKey}'s workload are replaced`;
    case "clock":
      return `the clock goes on by ${action.by / 1_000} s`;
    case "interfere":
      return `*** ${action.what} (apikey-${action.apiKey})`;
  }
}

function foundBySweep({ findings: found }: State): string {
  const lines = found.map((findings, index) => {
    const { doubts = [], leftovers = [], orphans = [] } = findings ?? {};
    return `apikey-${index}: doubts ${doubts.join(" ")}, left ${leftovers.join(" ")}, orphans ${orphans.join(" ")}`;
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

function stepOf(state: State, index: number): string {
  const step = state.workers[index]?.pass?.step;
  if (step === undefined) return "rests";
  if (step.kind === "write-status") return `write-status ${step.why} (${step.verdict.reason})`;
  return "keyId" in step ? `${step.kind} ${step.keyId}` : step.kind;
}
