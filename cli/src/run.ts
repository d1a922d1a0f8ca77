import { CommanderError } from "commander";
import type { CommandRegistration } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { answerShell, COMPLETE } from "./completion/answer.ts";
import { Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { explainError } from "./explain-error.ts";
import type { Io } from "./io.ts";
import { createProgram, type Invocation } from "./program.ts";

/**
 * Runs one command line. Every failure becomes a line on standard error and an exit status; it never rejects.
 * @param args without the name of the program
 */
export async function run(
  args: readonly string[],
  io: Io,
  commands: readonly CommandRegistration[] = COMMANDS,
): Promise<ExitCode> {
  try {
    if (args[0] === COMPLETE) {
      await answerShell(
        createProgram(commands, io, () => undefined),
        args.slice(1),
        io,
      );
      return EXIT.ok;
    }
    const invocation = parse(args, io, commands);
    return typeof invocation === "number" ? invocation : await invoke(invocation, io);
  } catch (error) {
    return report(error, io);
  }
}

function parse(
  args: readonly string[],
  io: Io,
  commands: readonly CommandRegistration[],
): Invocation | ExitCode {
  let invocation: Invocation | undefined;
  const program = createProgram(commands, io, (found) => (invocation = found));
  try {
    program.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help that was asked for is an answer; commander has printed it, or the error.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  return invocation ?? EXIT.ok;
}

async function invoke({ command, global, line }: Invocation, io: Io): Promise<ExitCode> {
  const context = new Context(io, global);
  try {
    return await command.run(context, line);
  } finally {
    await context.close();
  }
}

function report(error: unknown, io: Io): ExitCode {
  const { message, next, exitCode } = explainError(error, io.signal.aborted);
  io.stderr.write(`error: ${message}\n${next === undefined ? "" : `${next}\n`}`);
  return exitCode;
}
