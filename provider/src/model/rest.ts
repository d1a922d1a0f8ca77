import { enabled, take } from "./actions.ts";
import { hasTag, isLeftOver, outputsOf, recorded } from "./audit.ts";
import type { Rules } from "./process.ts";
import { isUnconfirmed } from "./vendor.ts";
import { Violation, type Command, type State, type World } from "./state.ts";

const LONG_ENOUGH_MS = 61_000;
const MOST_STEPS = 200;

/** What is told of each action of a run. */
export type Trace = (before: State, action: Parameters<typeof take>[1], after: State) => void;

/**
 * Runs a command to its end, without faults.
 * @throws Violation
 */
export async function runQuietly(
  state: State,
  { stack, command }: { stack: number; command: Command },
  world: World,
  rules: Rules,
  trace: Trace = () => {},
): Promise<State> {
  const free = { ...state.budget, commands: 1, switches: 0, ticks: 0, disturbances: 0 };
  let at: State = { ...state, budget: free };
  const go = async (action: Parameters<typeof take>[1]): Promise<void> => {
    const after = await take(at, action, world, rules);
    trace(at, action, after);
    at = after;
  };
  await go({ kind: "begin", stack, command });
  for (let steps = 0; at.processes.length > 0; steps += 1) {
    const [action] = enabled(at, world);
    if (action === undefined || steps > MOST_STEPS)
      throw new Violation("the command does not come to an end");
    await go(action);
  }
  return { ...at, budget: state.budget };
}

/**
 * Lets a minute pass, runs `up` once more on each stack, without faults, and holds what is left against what is promised.
 * @throws Violation
 */
export async function auditRest(state: State, world: World, rules: Rules, trace?: Trace): Promise<void> {
  let at: State = { ...state, now: state.now + LONG_ENOUGH_MS };
  for (const [stack, { declared }] of state.stacks.entries()) {
    at = await runQuietly(at, { stack, command: { kind: "up", declared } }, world, rules, trace);
    auditStack(at, stack, world);
  }
}

function auditStack(state: State, stack: number, world: World): void {
  const { checkpoint, declared } = state.stacks[stack] ?? {};
  const { resource } = checkpoint ?? {};
  if (world.declarations[declared ?? ""] === undefined) {
    if (resource !== undefined || checkpoint?.condemned.length !== 0)
      throw new Violation("a resource is left");
    return;
  }
  // A key that was retained has no tag any more, and belongs to its user.
  const ours = state.keys.filter((key) => !key.revoked && key.madeBy?.stack === stack && hasTag(key));
  const unrecorded = ours.filter(({ id }) => !recorded(checkpoint).some(({ keyId }) => keyId === id));
  if (resource === undefined || resource.replacing) {
    // An account has one test key, and one that was confirmed and lost is never revoked on suspicion.
    if (unrecorded.some(({ mode, confirmed }) => mode === "test" && confirmed)) return;
    throw new Violation("a quiet up has made no key");
  }
  const outputs = outputsOf(resource);
  if (resource.failed || outputs.status !== "active") throw new Violation("a quiet up did not finish");
  if (checkpoint?.condemned.length !== 0) throw new Violation("a replaced resource is left");
  const current = state.keys.find(({ id, revoked }) => id === outputs.keyId && !revoked);
  if (current === undefined) throw new Violation(`the key in the outputs, ${outputs.keyId}, does not work`);
  if (isUnconfirmed(current.description))
    throw new Violation(`${current.id} is in use, and was never confirmed`);
  if (current.value !== outputs.key)
    throw new Violation(`the value in the outputs is not that of ${current.id}`);
  const [stray] = unrecorded;
  if (stray !== undefined) throw new Violation(`${stray.id} works, and the checkpoint does not name it`);
  if (ours.some((key) => isLeftOver(state, key, stack))) throw new Violation("an unconfirmed key is left");
}
