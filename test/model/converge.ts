import { isEffect } from "@signatureapi-keys/lifecycle";
import { take, type Action, type Moved } from "./actions.ts";
import { ownerOfUid, tagOf } from "./audit.ts";
import { keyOf } from "./key.ts";
import { sweep, type Rules } from "./passes.ts";
import { INSTALLATION, type State, type Worker } from "./state.ts";
import { objectAt, putObject, putSecret, secretAt } from "./store.ts";

const A_MINUTE = 60_000;
/** Longer than the overlap and an attempt's lifetime: orphans that wait for it are revoked by then. */
const AN_HOUR_AND_MORE = 4_000_000;
const MAX_STEPS = 3_000;
const FRESH = { object: 0, secret: 0 } as const;

/** Where a run without faults has ended: at rest as declared, or with what is wrong. */
export interface Converged {
  readonly state: State;
  readonly violation: string | undefined;
}

/** A run, and whose turn it is in it: workers take whole passes in turns, then the clock goes on. */
interface Run {
  state: State;
  turn: number;
  /** Effects in this round. */
  effects: number;
  /** Rounds at whose end nothing had happened and nothing was waited for. */
  quiet: number;
  readonly trace: ((before: State, action: Action, after: State) => void) | undefined;
}

/**
 * Lets a world go on without faults until two rounds, an hour apart, have brought no effect.
 *
 * @param known keys of states of which this is known already; the run ends when it meets one, and adds its own.
 * @param trace is told of each action.
 */
export function converge(
  from: State,
  rules: Rules,
  known = new Set<string>(),
  trace?: Run["trace"],
): Converged {
  const run: Run = { state: sweep(from) ?? from, turn: 0, effects: 0, quiet: 0, trace };
  const met: string[] = [];
  for (let steps = 0; run.quiet < 2; steps += 1) {
    if (steps > MAX_STEPS) return { state: run.state, violation: "the world does not come to rest" };
    if (run.quiet === 0) {
      const key = keyOf(run.state, `turn ${run.turn}`);
      if (known.has(key)) break;
      met.push(key);
    }
    const violation = proceed(run, rules);
    if (violation !== undefined) return { state: run.state, violation };
  }
  const violation = run.quiet < 2 ? undefined : auditRest(run.state);
  if (violation === undefined) for (const key of met) known.add(key);
  return { state: run.state, violation };
}

function proceed(run: Run, rules: Rules): string | undefined {
  const worker = run.state.workers[run.turn];
  if (worker === undefined) return endRound(run, rules);
  const { pass, wakeAt } = worker;
  if (pass === undefined) {
    const violation = follow(run, { kind: "begin", worker: run.turn, lag: FRESH }, rules);
    if (violation !== undefined) return violation;
  } else {
    if (isEffect(pass.step)) run.effects += 1;
    const due = wakeAt === undefined ? 0 : wakeAt - run.state.now;
    const waited = due > 0 ? follow(run, { kind: "clock", by: due }, rules) : undefined;
    const violation = waited ?? follow(run, { kind: "step", worker: run.turn, fault: "none" }, rules);
    if (violation !== undefined) return violation;
  }
  if (run.state.workers[run.turn]?.pass !== undefined) return undefined;
  run.state = followAdvice(run.state, run.turn);
  run.turn += 1;
  return undefined;
}

function follow(run: Run, action: Action, rules: Rules): string | undefined {
  const moved: Moved | undefined = take(run.state, action, rules);
  if (moved === undefined) return undefined;
  run.trace?.(run.state, action, moved.state);
  run.state = moved.state;
  return moved.violation;
}

function endRound(run: Run, rules: Rules): string | undefined {
  const { state } = run;
  const waiting = state.workers.filter(({ apiKey }) => objectAt(state.cluster, apiKey) !== undefined);
  const wakes = waiting.flatMap(({ wakeAt }) => (wakeAt === undefined ? [] : [wakeAt]));
  run.quiet = run.effects === 0 && wakes.length === 0 && state.late.length === 0 ? run.quiet + 1 : 0;
  run.effects = 0;
  run.turn = 0;
  const pause = run.quiet === 1 ? AN_HOUR_AND_MORE : A_MINUTE;
  const by = wakes.length === 0 ? pause : Math.max(0, Math.min(...wakes) - state.now);
  const violation = follow(run, { kind: "clock", by }, rules);
  return violation ?? follow(run, { kind: "sweep" }, rules);
}

/** A Secret that is not ours is nothing we may touch: its owner does what the condition advises. */
function followAdvice(state: State, index: number): State {
  const worker = state.workers[index];
  if (worker?.rested === "AdoptionRefused") return takeAdoptBack(state, worker);
  if (worker?.rested !== "SecretConflict") return state;
  const object = objectAt(state.cluster, worker.apiKey);
  const secret = secretAt(state.cluster, worker.apiKey);
  if (object === undefined || secret === undefined || secret.owner === object.uid) return state;
  const workers = state.workers.map((each) => (each === worker ? { ...each, wakeAt: state.now } : each));
  return putSecret({ ...state, workers }, worker.apiKey, undefined);
}

/** What cannot be adopted is not asked for any longer. */
function takeAdoptBack(state: State, worker: Worker): State {
  const object = objectAt(state.cluster, worker.apiKey);
  if (object === undefined || !("mode" in object.desired)) return state;
  const { adopt: _refused, ...desired } = object.desired;
  const workers = state.workers.map((each) => (each === worker ? { ...each, wakeAt: state.now } : each));
  return putObject({ ...state, workers }, worker.apiKey, {
    ...object,
    desired,
    generation: object.generation + 1,
  });
}

function auditRest(state: State): string | undefined {
  for (const index of state.cluster.apiKeys.keys()) {
    const violation = auditDelivered(state, index) ?? auditLeftSecret(state, index);
    if (violation !== undefined) return violation;
  }
  const owners = state.cluster.apiKeys.flatMap(({ now }) => (now === undefined ? [] : [ownerOfUid(now.uid)]));
  const left = ours(state).find((key) => !owners.includes(tagOf(key.description)?.owner ?? ""));
  return left === undefined ? undefined : `key ${left.id} outlives its ApiKey`;
}

/** Active keys of this installation that are not excused. */
function ours(state: State): State["keys"] {
  return state.keys.filter(({ status, description }) => {
    const tag = tagOf(description);
    const excused = tag === undefined || state.ghost.excused.includes(tag.attempt);
    return status === "active" && tag?.installation === INSTALLATION && !excused;
  });
}

function auditDelivered(state: State, index: number): string | undefined {
  const object = objectAt(state.cluster, index);
  if (object === undefined) return undefined;
  if (object.deleting) return `${object.name} is never released`;
  const key = state.keys.find(({ id, status }) => id === object.status.keyId && status === "active");
  if (key === undefined) return `${object.name} comes to rest without an active key`;
  const secret = secretAt(state.cluster, index);
  if (secret?.value !== key.value) return `${object.name}'s Secret holds another value`;
  if (secret.previous !== undefined && !isRetiringValue(state, index, secret.previous))
    return `${object.name}'s Secret keeps a value that is of no retiring key`;
  const owner = ownerOfUid(object.uid);
  const others = ours(state).filter(
    ({ id, description }) => id !== key.id && tagOf(description)?.owner === owner,
  );
  return others.length === 0 ? undefined : `${object.name} comes to rest with ${others.length} keys too many`;
}

function isRetiringValue(state: State, index: number, value: string): boolean {
  const key = state.keys.find((candidate) => candidate.value === value && candidate.status === "active");
  return objectAt(state.cluster, index)?.status.previous.some(({ keyId }) => keyId === key?.id) === true;
}

function auditLeftSecret(state: State, index: number): string | undefined {
  const secret = secretAt(state.cluster, index);
  if (objectAt(state.cluster, index) !== undefined || secret?.owner === undefined) return undefined;
  const key = state.keys.find(({ id }) => id === secret.record?.keyId);
  const attempts = [secret.record?.attempt, tagOf(key?.description ?? "")?.attempt];
  const excused = attempts.some((attempt) => state.ghost.excused.includes(attempt ?? ""));
  if (excused || state.ghost.strays.includes(secret.uid)) return undefined;
  return `Secret ${secret.name} outlives its ApiKey`;
}
