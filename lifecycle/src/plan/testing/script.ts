import type { Step, StatusReason } from "../step.ts";
import type { Controller, Fault } from "./controller.ts";
import { advance, WorldFailure } from "./run.ts";
import type { World } from "./world.ts";

const MAX_STEPS = 200;

/** The name of a step in a script: its kind, or for a status write why it is written. */
export type StepName = Exclude<Step["kind"], "write-status"> | StatusReason;

/** What a step is called in scripts. */
export function nameOf(step: Step): StepName {
  return step.kind === "write-status" ? step.why : step.kind;
}

/**
 * Lets a controller go on until it has taken the named step, with a fault at that step; it then stands there
 * until it is asked again, while others may act. The n-th time the step comes up counts, by default the first.
 */
export function upTo(
  world: World,
  controller: Controller,
  name: StepName,
  fault: Fault = "none",
  occurrence = 1,
): void {
  let seen = 0;
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    let hit = false;
    advance(world, controller, (step) => {
      if (nameOf(step) === name) seen += 1;
      hit = nameOf(step) === name && seen === occurrence;
      return hit ? fault : "none";
    });
    if (hit || (name === "rest" && !controller.isBusy && steps > 0)) return;
  }
  throw new WorldFailure(world, `${controller.name} never came to ${name}`);
}

/** Lets a controller stop right before the named step: the pass stands there, with what it knew. */
export function before(world: World, controller: Controller, name: StepName): void {
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    const next = controller.nextStep;
    if (next !== undefined && nameOf(next) === name) return;
    advance(world, controller);
  }
  throw new WorldFailure(world, `${controller.name} never came to ${name}`);
}

/** One whole pass, begun if need be. */
export function pass(world: World, controller: Controller): void {
  do advance(world, controller);
  while (controller.isBusy);
}
