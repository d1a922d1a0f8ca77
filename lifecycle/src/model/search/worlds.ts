import { DEFAULT_TIMING as TIMING, type DesiredKey } from "../../index.ts";
import { take, type Action } from "../actions.ts";
import { PLAIN, type Codecs } from "../codecs.ts";
import { converge } from "../converge.ts";
import {
  adopting,
  declare,
  declaresAdoption,
  emptyState,
  idle,
  withForeignKeys,
  type Declaration,
} from "../declare.ts";
import { FRESH, SHIPPED, type Rules } from "../passes.ts";
import { INSTALLATION, NOTHING_REMEMBERED, OLD_INSTALLATION, type Budget, type State } from "../state.ts";
import { objectAt, putObject, putSecret } from "../store.ts";

/**
 * What the first ApiKey is about when the search begins; a second one is always about to be created. Each has a
 * workload that uses its value.
 */
export const WORLDS = [
  "create",
  "create test",
  "heal",
  "heal test",
  "rotate",
  "roll",
  "restart",
  "retire",
  "delete",
  "adopt",
  "adopt without value",
  "move",
] as const;

/** One of {@link WORLDS}. */
export type WorldName = (typeof WORLDS)[number];

/** How large a world is, and what may go wrong in it. */
export interface Extent {
  readonly controllers: number;
  readonly apiKeys: number;
  /** What the account says of keys that nothing accounts for. */
  readonly orphans?: State["orphans"];
  readonly budget: Budget;
}

/** Nothing goes wrong, and no time passes but where everybody waits. */
export const QUIET: Budget = {
  crashes: 0,
  faults: 0,
  interferences: 0,
  sweeps: 0,
  switches: 0,
  ticks: 0,
  disturbances: 0,
};

/**
 * The state that a search begins with.
 *
 * @param codecs how the records of what happened before were written.
 */
export function worldOf(name: WorldName, extent: Extent, codecs: Codecs = PLAIN): State {
  const empty = declare(withForeignKeys(emptyState(QUIET)), declarationOf(name));
  const first = begun(empty, name, { ...SHIPPED, codecs });
  const both = extent.apiKeys > 1 ? second(first, name) : first;
  const { cluster } = both;
  const workers = Array.from({ length: extent.controllers }, (_none, controller) =>
    cluster.apiKeys.map((_slot, apiKey) => idle(controller, apiKey, both.now)),
  ).flat();
  const { orphans = "Report" } = extent;
  return { ...both, orphans, workers, snapshots: [cluster], ...NOTHING_REMEMBERED, budget: extent.budget };
}

const TEST_KEYS: ReadonlySet<WorldName> = new Set(["create test", "heal test", "roll"]);

function declarationOf(name: WorldName): Declaration {
  const mode = TEST_KEYS.has(name) ? "test" : "live";
  const desired = { mode, trigger: "1" } as const;
  if (name === "retire") return { desired, workload: { labelled: false }, holdWhileInUse: true };
  return { desired, workload: {} };
}

/** Where the first one adopts a key, the second one wants the same. */
function second(first: State, name: WorldName): State {
  const both = declare(first, { desired: { trigger: "1" } });
  return name === "adopt" || name === "adopt without value" ? declaresAdoption(both, 1) : both;
}

function begun(empty: State, name: WorldName, rules: Rules): State {
  switch (name) {
    case "create":
    case "create test":
      return empty;
    case "adopt":
    case "adopt without value":
      return adopting(empty, name === "adopt");
    case "heal":
    case "heal test":
      return putSecret(delivered(empty, rules), 0, undefined);
    case "move":
      return delivered(empty, rules, OLD_INSTALLATION);
    case "delete":
      return changed(delivered(empty, rules), { deleting: true });
    case "rotate":
    case "roll":
      return triggered(delivered(empty, rules));
    case "restart":
      return after(TIMING.restartDelay, rules, passed(triggered(delivered(empty, rules)), rules));
    case "retire": {
      const rotated = passed(triggered(delivered(empty, rules)), rules);
      const revokeAt = objectAt(rotated.cluster, 0)?.status.previous[0]?.revokeAt ?? rotated.now;
      return after(revokeAt - rotated.now, rules, rotated);
    }
  }
}

function delivered(state: State, rules: Rules, installation = INSTALLATION): State {
  const settled = converge({ ...state, workers: [{ ...idle(0, 0, state.now), installation }] }, rules);
  if (settled.violation !== undefined) throw new Error(settled.violation);
  return settled.state;
}

function changed(state: State, changes: { readonly deleting?: true; readonly desired?: DesiredKey }): State {
  const object = objectAt(state.cluster, 0);
  if (object === undefined) throw new TypeError("nothing is declared");
  return putObject(state, 0, { ...object, ...changes, generation: object.generation + 1 });
}

function triggered(state: State): State {
  const desired = objectAt(state.cluster, 0)?.desired;
  if (desired === undefined || !("mode" in desired)) throw new TypeError("nothing is declared");
  return changed(state, { desired: { ...desired, trigger: "2", keepsPrevious: true } });
}

/** The only worker takes one pass, from its beginning to its end. */
function passed(state: State, rules: Rules): State {
  let next = moved(state, { kind: "begin", worker: 0, lag: FRESH }, rules);
  while (next.workers[0]?.pass !== undefined)
    next = moved(next, { kind: "step", worker: 0, fault: "none" }, rules);
  return next;
}

function after(time: number, rules: Rules, state: State): State {
  return moved(state, { kind: "clock", by: time }, rules);
}

function moved(state: State, action: Action, rules: Rules): State {
  const next = take(state, action, rules);
  if (next === undefined || next.violation !== undefined) throw new Error(`${action.kind} goes wrong`);
  return next.state;
}
