import { describe, expect, it } from "vitest";
import {
  changeTrigger,
  deleteObject,
  deleteSecret,
  editValue,
  stripAnnotations,
} from "./testing/interference.ts";
import type { Fault } from "./testing/controller.ts";
import { advance, converge } from "./testing/run.ts";
import { nameOf, pass } from "./testing/script.ts";
import { World } from "./testing/world.ts";

const FAULTS: readonly Fault[] = [
  "crash-before",
  "crash-after",
  "answer-lost",
  "never-arrived",
  "late",
  "rejected",
  "conflict",
];

interface Chapter {
  readonly mode: "live" | "test";
  /** What happens to a delivered key before the faulty pass; nothing where the key is yet to be made. */
  readonly begin?: (world: World) => void;
  /** What happens at the moment of the fault. */
  readonly meanwhile?: (world: World) => void;
}

const CHAPTERS: Readonly<Record<string, Chapter>> = {
  "the creation of a live key": { mode: "live" },
  "the creation of a test key": { mode: "test" },
  "the replacement of a lost live key": { mode: "live", begin: meddle(deleteSecret) },
  "the roll of a lost test key": { mode: "test", begin: meddle(deleteSecret) },
  "the healing of an edited value": { mode: "live", begin: meddle(editValue) },
  "the rewriting of stripped annotations": { mode: "live", begin: meddle(stripAnnotations) },
  "a rotation": { mode: "live", begin: meddle(changeTrigger) },
  "a rotation of the test key": { mode: "test", begin: meddle(changeTrigger) },
  "a deletion": { mode: "live", begin: meddle(deleteObject) },
  "a creation that is deleted at the fault": { mode: "live", meanwhile: meddle(deleteObject) },
  "a rotation that is deleted at the fault": {
    mode: "live",
    begin: meddle(changeTrigger),
    meanwhile: meddle(deleteObject),
  },
};

function meddle(interference: { apply: (world: World, object: string) => boolean }) {
  return (world: World): void => {
    interference.apply(world, "checkout");
  };
}

/** Runs a chapter with one fault at its n-th step. @returns the step, or `undefined` where the chapter is over. */
function runWithFault(
  chapter: Chapter,
  n: number,
  fault: Fault,
  secondController: boolean,
): string | undefined {
  const world = new World();
  world.addForeignKeys();
  world.declare("checkout", { mode: chapter.mode, trigger: "1" });
  const a = world.controller("A", "checkout");
  if (chapter.begin !== undefined) {
    pass(world, a);
    chapter.begin(world);
  }
  let count = 0;
  const hits: string[] = [];
  do {
    advance(world, a, (step) => {
      count += 1;
      if (count !== n) return "none";
      hits.push(nameOf(step));
      return fault;
    });
  } while (hits.length === 0 && a.isBusy);
  if (hits.length === 0) return undefined;
  chapter.meanwhile?.(world);
  converge(world, secondController ? [world.controller("B", "checkout"), a] : [a]);
  return hits[0];
}

describe("one fault at every step", () => {
  for (const [title, chapter] of Object.entries(CHAPTERS)) {
    for (const fault of FAULTS) {
      it(`${title} survives ${fault}`, () => {
        const steps: string[] = [];
        for (let n = 1; ; n += 1) {
          const step = runWithFault(chapter, n, fault, false);
          if (step === undefined) break;
          runWithFault(chapter, n, fault, true);
          steps.push(step);
        }
        expect(steps.length).toBeGreaterThan(2);
      });
    }
  }
});
