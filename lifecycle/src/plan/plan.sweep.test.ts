import { describe, expect, it } from "vitest";
import { declare, withForeignKeys } from "../model/declare.ts";
import type { InterferenceName } from "../model/interference/interferences.ts";
import { nameOf, pass } from "../model/script.ts";
import { Walk, type StepFault } from "../model/walk.ts";

const FAULTS: readonly StepFault[] = [
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
  readonly begin?: InterferenceName;
  /** What happens at the moment of the fault. */
  readonly meanwhile?: InterferenceName;
}

const CHAPTERS: Readonly<Record<string, Chapter>> = {
  "the creation of a live key": { mode: "live" },
  "the creation of a test key": { mode: "test" },
  "the replacement of a lost live key": { mode: "live", begin: "the Secret is deleted" },
  "the roll of a lost test key": { mode: "test", begin: "the Secret is deleted" },
  "the healing of an edited value": { mode: "live", begin: "the Secret's value is edited" },
  "the rewriting of stripped annotations": { mode: "live", begin: "the Secret's annotations are stripped" },
  "a rotation": { mode: "live", begin: "the rotation trigger is changed" },
  "a rotation of the test key": { mode: "test", begin: "the rotation trigger is changed" },
  "a deletion": { mode: "live", begin: "the ApiKey is deleted" },
  "a creation that is deleted at the fault": { mode: "live", meanwhile: "the ApiKey is deleted" },
  "a rotation that is deleted at the fault": {
    mode: "live",
    begin: "the rotation trigger is changed",
    meanwhile: "the ApiKey is deleted",
  },
};

/** Runs a chapter with one fault at its n-th step. @returns the step, or `undefined` where the chapter is over. */
function runWithFault(
  { mode, begin, meanwhile }: Chapter,
  n: number,
  fault: StepFault,
  secondController: boolean,
): string | undefined {
  const world = new Walk((state) =>
    declare(withForeignKeys(state), { desired: { mode, trigger: "1" }, workload: {} }),
  );
  const a = world.worker();
  if (begin !== undefined) {
    pass(world, a);
    world.interfere(begin);
  }
  let count = 0;
  const hits: string[] = [];
  do {
    world.advance(a, (step) => {
      count += 1;
      if (count !== n) return "none";
      hits.push(nameOf(step));
      return fault;
    });
  } while (hits.length === 0 && world.at(a).pass !== undefined);
  if (hits.length === 0) return undefined;
  if (meanwhile !== undefined) world.take({ kind: "interfere", what: meanwhile, apiKey: 0 });
  world.converge(...(secondController ? [world.worker(), a] : [a]));
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
