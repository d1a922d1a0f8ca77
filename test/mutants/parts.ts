import process from "node:process";

/** A suite that must notice mutants. */
export type Suite = "crash" | "chaos";

/**
 * The parts in which the mutants are run, one for a commit; each takes some minutes. The explorer's mutants are among
 * the unit tests, and run always.
 */
export const PARTS: readonly (readonly (readonly [Suite, mutant: string])[])[] = [
  [
    ["crash", "asks for a key without a write-ahead"],
    ["crash", "forgets an attempt that was cut off, instead of giving it up"],
    ["crash", "never looks for what an abandoned attempt has left"],
    ["crash", "ignores that it has lost the lock after the mint"],
  ],
  [
    ["crash", "records the key in the status before its value is in the Secret"],
    ["crash", "takes a create without an answer, and AlreadyExists, for a loss without a look"],
    ["crash", "does not touch the Secret, so that the writer that was cut off is not fenced off"],
    ["crash", "revokes the old key before the new one is committed"],
  ],
  [
    ["chaos", "never looks for what an abandoned attempt has left"],
    ["chaos", "revokes the old key before the new one is committed"],
  ],
  [
    ["chaos", "forgets an attempt that was cut off, instead of giving it up"],
    ["chaos", "revokes replaced keys before their time"],
  ],
  [["chaos", "forgets an abandoned attempt once it is settled"]],
];

/**
 * Whether a suite is to be shown a mutant in this run: `MUTANTS_PART` is the number of a part, or `all`. Without it,
 * none is.
 *
 * @throws RangeError where there is no such part.
 */
export function isChosen(suite: Suite, name: string, chosen = process.env["MUTANTS_PART"]): boolean {
  if (chosen === undefined || chosen === "") return false;
  const parts = chosen === "all" ? PARTS : PARTS.slice(Number(chosen) - 1, Number(chosen));
  if (parts.length === 0 || Number(chosen) < 1)
    throw new RangeError(`MUTANTS_PART takes a number from 1 to ${PARTS.length}, or all, not ${chosen}`);
  return parts.flat().some(([its, mutant]) => its === suite && mutant === name);
}

/**
 * The part for a commit, from 1.
 *
 * @param commit its ID, of which the first eight digits count.
 */
export function partOf(commit: string): number {
  return (Number.parseInt(commit.slice(0, 8), 16) % PARTS.length) + 1;
}
