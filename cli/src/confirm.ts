import { CliError, UsageError } from "./errors.ts";
import { EXIT } from "./exit-codes.ts";
import type { Io } from "./io.ts";

/**
 * Asks before something is done that cannot be undone.
 *
 * @param yes whether the user has answered by a flag.
 * @throws UsageError where no one can answer; CliError where the answer is another one than `yes`
 */
export async function confirm(
  { stdin, stderr }: Pick<Io, "stdin" | "stderr">,
  question: string,
  { yes, stdinIsTaken = false }: { readonly yes: boolean; readonly stdinIsTaken?: boolean },
): Promise<void> {
  if (yes) return;
  if (!stdin.isTTY || stdinIsTaken)
    throw new UsageError(
      "this cannot be undone, and no terminal can be asked",
      "If you are sure, add --yes.",
    );
  stderr.write(`${question} Type yes to continue: `);
  if ((await stdin.readLine())?.trim() === "yes") return;
  throw new CliError("nothing was changed", { exitCode: EXIT.interrupted });
}
