import { CliError, UsageError } from "./errors.ts";
import { EXIT } from "./exit-codes.ts";
import type { Io } from "./io.ts";

/**
 * Asks before something that cannot be undone.
 * @param question what happens, as a sentence
 * @throws CliError with `EXIT.interrupted` after any answer but y or yes; UsageError where there is no terminal to ask on
 */
export async function confirm(io: Io, question: string, isYes: boolean): Promise<void> {
  if (isYes) return;
  if (!io.stdin.isTTY)
    throw new UsageError("this needs your consent, and there is no terminal to ask on", "Add --yes.");
  io.stderr.write(`${question}\nContinue? [y/N] `);
  const answer = (await io.stdin.readLine())?.trim().toLowerCase();
  if (answer === "y" || answer === "yes") return;
  throw new CliError("not confirmed; nothing was changed", { exitCode: EXIT.interrupted });
}
