import { DEFAULT_TIMING as TIMING, isEffect, takeoverTime, UNTIL_REPLACED, type Step } from "../../index.ts";
import { isInterrupted, type Action } from "../actions.ts";
import type { Fault } from "../faults.ts";
import type { InterferenceName } from "../interference/interferences.ts";
import { canLoseLease } from "../lease.ts";
import type { State, Worker } from "../state.ts";
import { secretSlot } from "../store.ts";
import { mayLag } from "../vendor.ts";
import { canRollOut } from "../workloads.ts";

const EFFECT_FAULTS: readonly Fault[] = ["answer-lost", "never-arrived", "late", "rejected", "conflict"];
const ASKED_ONCE: readonly Fault[] = [...EFFECT_FAULTS, "very-late", "refused-though-done"];
const MINT_FAULTS: readonly Fault[] = [...ASKED_ONCE, "repeated"];

/** Which disturbances a search tries. */
export interface Tried {
  readonly interference: readonly InterferenceName[];
  readonly faults: readonly Fault[];
}

/** Everything that can happen in a state within its budget, and of interferences and faults the given ones. */
export function enabled(state: State, tried: Tried): readonly Action[] {
  const { crashes, faults, interferences, sweeps, ticks, disturbances } = state.budget;
  const isFaulty = faults > 0 && disturbances > 0;
  const actions: Action[] = state.late.map((_late, index) => ({ kind: "arrive", index }));
  for (const [index, worker] of state.workers.entries()) {
    if (state.budget.switches === 0 && isInterrupted(state, index)) continue;
    if (worker.pass === undefined) actions.push(...beginnings(state, worker, index));
    else actions.push(...steps(state, worker, index, isFaulty ? tried.faults : []));
  }
  for (const apiKey of state.cluster.apiKeys.keys())
    if (canRollOut(state, apiKey)) actions.push({ kind: "roll-out", apiKey });
  if (state.listing !== undefined) actions.push({ kind: "sweep" });
  else if (sweeps > 0) actions.push({ kind: "list" });
  if (ticks > 0) actions.push(...jumps(state));
  if (crashes > 0 && disturbances > 0) {
    const busy = state.workers.filter(({ pass }) => pass !== undefined).map(({ controller }) => controller);
    for (const controller of new Set(busy)) {
      actions.push({ kind: "crash", controller });
      if (canLoseLease(state, controller)) actions.push({ kind: "lose-lease", controller });
    }
  }
  if (interferences === 0 || disturbances === 0) return actions;
  for (const what of tried.interference) {
    for (const apiKey of state.cluster.apiKeys.keys()) actions.push({ kind: "interfere", what, apiKey });
  }
  return actions;
}

function steps(state: State, { pass }: Worker, index: number, tried: readonly Fault[]): readonly Action[] {
  const faults: Fault[] = ["none"];
  if (tried.length > 0 && pass !== undefined)
    faults.push(...faultsOf(state, pass.step).filter((fault) => tried.includes(fault)));
  return faults.map((fault) => ({ kind: "step", worker: index, fault }));
}

function faultsOf(state: State, step: Step): readonly Fault[] {
  switch (step.kind) {
    case "mint":
      return MINT_FAULTS;
    case "roll":
      return ASKED_ONCE;
    // A tag has no precondition: one that comes later than the settle time of another installation harms its adoption.
    case "tag-key":
      return ASKED_ONCE.filter((fault) => fault !== "very-late");
    case "preflight-secret":
      return ["rejected", "forbidden"];
    case "get-key":
      return mayLag(state, step.keyId) ? ["rejected", "stale"] : ["rejected"];
    case "list-keys":
      return mayLag(state) ? ["rejected", "stale"] : ["rejected"];
    default:
      return isEffect(step) ? EFFECT_FAULTS : ["rejected"];
  }
}

/** A pass may begin at any time, on caches of which each is up to date or one version behind. */
function beginnings(state: State, { apiKey }: Worker, index: number): readonly Action[] {
  const objects = state.cluster.apiKeys[apiKey];
  const secrets = secretSlot(state.cluster, apiKey);
  const objectLags = objects?.before === undefined ? [0] : [0, 1];
  const secretLags = secrets?.before === secrets?.now ? [0] : [0, 1];
  return objectLags.flatMap((object) =>
    secretLags.map((secret) => ({ kind: "begin" as const, worker: index, lag: { object, secret } })),
  );
}

/** The clock goes on to any of the times at which the rules, or a deadline, make a difference. */
function jumps(state: State): readonly Action[] {
  const times = new Set<number>(
    state.workers.flatMap(({ wakeAt }) => (wakeAt === undefined ? [] : [wakeAt])),
  );
  for (const { now } of state.cluster.apiKeys) {
    const attempt = now?.status.attempt;
    if (attempt !== undefined) {
      times.add(attempt.startedAt + TIMING.postWindow + 1);
      times.add(takeoverTime(attempt, TIMING));
      if (attempt.taggedAt !== undefined) times.add(attempt.taggedAt + TIMING.settleTime);
    }
    for (const { revokeAt } of now?.status.previous ?? [])
      if (revokeAt !== UNTIL_REPLACED) times.add(revokeAt);
    for (const { abandonedAt, listedAt } of now?.status.abandoned ?? [])
      times.add((listedAt ?? abandonedAt) + TIMING.settleTime);
  }
  const later = [...times].filter((time) => time > state.now).toSorted((left, right) => left - right);
  return later.map((time) => ({ kind: "clock", by: time - state.now }));
}
