import { describe, expect, test } from "vitest";
import { isChosen } from "../mutants/parts.ts";
import { CHAOS_MUTANTS } from "./mutations.ts";
import { runChaos } from "./run.ts";

/** Generous, as that of the run without a mutant is. */
const TIMEOUT_MS = 10 * 60_000;
/** What is broken in a mutant may never come to rest. */
const PATIENCE_MS = 30_000;
const CHOSEN = CHAOS_MUTANTS.filter(({ name }) => isChosen("chaos", name));

describe.runIf(CHOSEN.length > 0)("chaos notices a controller that", () => {
  for (const mutant of CHOSEN) {
    test(mutant.name, { timeout: TIMEOUT_MS }, async () => {
      const options = { ...mutant.options, seed: 77, report: undefined };
      const { violations } = await runChaos(options, () => undefined, { mutant, patience: PATIENCE_MS });
      expect(violations.map(({ rule }) => rule)).toContain(mutant.rule);
    });
  }
});
