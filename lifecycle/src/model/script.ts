import type { StatusReason, Step } from "../index.ts";
import type { StepFault, Walk } from "./walk.ts";

const MAX_STEPS = 200;

/** The name of a step in a script: its kind, or for a status write why it is written. */
export type StepName = Exclude<Step["kind"], "write-status"> | StatusReason;

/** What a step is called in scripts. */
export function nameOf(step: Step): StepName {
  return step.kind === "write-status" ? step.why : step.kind;
}

/**
 * Lets a worker go on until it has taken the named step, with a fault at that step; it then stays there
 * until it is asked again, while others may act.
 */
export function upTo(walk: Walk, worker: number, name: StepName, fault: StepFault = "none"): void {
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    const step = walk.advance(worker, (next) => (nameOf(next) === name ? fault : "none"));
    if (step !== undefined && nameOf(step) === name) return;
  }
  throw walk.failure(`worker ${worker} never came to ${name}`);
}

/** Lets a worker stop right before the named step: the pass stays there, with what it knew. */
export function before(walk: Walk, worker: number, name: StepName): void {
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    const next = walk.at(worker).pass?.step;
    if (next !== undefined && nameOf(next) === name) return;
    walk.advance(worker);
  }
  throw walk.failure(`worker ${worker} never came to ${name}`);
}

/** One whole pass, begun if need be. @returns the steps that were taken. */
export function pass(walk: Walk, worker: number): readonly Step[] {
  const steps: Step[] = [];
  do {
    const step = walk.advance(worker);
    if (step !== undefined) steps.push(step);
  } while (walk.at(worker).pass !== undefined);
  return steps;
}
