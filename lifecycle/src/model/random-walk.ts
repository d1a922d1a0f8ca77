import { isEffect, type Step } from "../index.ts";
import { Choices } from "./choices.ts";
import type { InterferenceName } from "./interference/interferences.ts";
import { FRESH } from "./passes.ts";
import type { StepFault, Walk } from "./walk.ts";

/** What a random walk may meet. */
export interface Hazards {
  readonly secondController: boolean;
  readonly interference: readonly InterferenceName[];
  /** How many faults, and how many acts of interference, at most. */
  readonly faults: number;
  readonly disturbances: number;
}

type Act = "step-a" | "step-b" | "clock" | "arrive" | "sweep" | "roll-out" | "interfere";

const JUMPS = [
  [2, 1_000],
  [2, 12_000],
  [2, 46_000],
  [2, 121_000],
  [1, 3_700_000],
] as const;

const EFFECT_FAULTS: readonly (readonly [number, StepFault])[] = [
  [24, "none"],
  [2, "crash-before"],
  [2, "crash-after"],
  [2, "answer-lost"],
  [1, "never-arrived"],
  [2, "late"],
  [1, "rejected"],
  [2, "conflict"],
];

const READ_FAULTS: readonly (readonly [number, StepFault])[] = [
  [24, "none"],
  [1, "crash-before"],
  [1, "rejected"],
];

/** Walks by the choices, then lets the world converge. */
export function walkRandomly(walk: Walk, sequence: readonly number[], hazards: Hazards): void {
  const choices = new Choices(sequence);
  const a = walk.worker();
  const b = walk.worker();
  let { faults, disturbances } = hazards;
  while (!choices.exhausted) {
    const act = choices.weighted<Act>([
      [10, "step-a"],
      [hazards.secondController ? 6 : 0, "step-b"],
      [2, "clock"],
      [1, "arrive"],
      [1, "sweep"],
      [1, "roll-out"],
      [disturbances > 0 ? 2 : 0, "interfere"],
    ]);
    if (act === "clock") walk.wait(choices.weighted(JUMPS));
    else if (act === "arrive") walk.take({ kind: "arrive", index: 0 });
    else if (act === "sweep") walk.take({ kind: "sweep" });
    else if (act === "roll-out") walk.take({ kind: "roll-out", apiKey: 0 });
    else if (act === "interfere") {
      const what = hazards.interference[choices.pick(hazards.interference.length)];
      if (what !== undefined && walk.take({ kind: "interfere", what, apiKey: 0 })) disturbances -= 1;
    } else {
      const worker = act === "step-a" ? a : b;
      const isBusy = walk.at(worker).pass !== undefined;
      const lag = isBusy ? FRESH : { object: choices.pick(3), secret: choices.pick(3) };
      walk.advance(worker, pickFault, lag);
    }
  }
  walk.converge(...(hazards.secondController ? [a, b] : [a]));

  function pickFault(step: Step): StepFault {
    const fault = faults > 0 ? choices.weighted(isEffect(step) ? EFFECT_FAULTS : READ_FAULTS) : "none";
    if (fault !== "none") faults -= 1;
    return fault;
  }
}
