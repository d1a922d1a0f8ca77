import { Command, Option } from "commander";
import * as z from "zod";
import { clusterFlagsSchema, declareClusterFlags } from "./cluster/cluster-flags.ts";
import type { CommandRegistration, ParsedLine } from "./command.ts";
import type { GlobalFlags } from "./context.ts";
import type { Io } from "./io.ts";
import { PROGRAM } from "./program-name.ts";
import { readFlags } from "./read-flags.ts";

/** What a command line asks for. */
export interface Invocation {
  readonly command: CommandRegistration;
  readonly global: GlobalFlags;
  readonly line: ParsedLine;
}

const GENERAL = "General:";
const outputSchema = z.object({ output: z.enum(["json", "yaml"]).optional(), color: z.boolean() });

/**
 * The argument parser. It reports an error of the command line, or a request for help, by a `CommanderError`.
 * @param onInvocation called with what is to be run
 */
export function createProgram(
  commands: readonly CommandRegistration[],
  io: Io,
  onInvocation: (invocation: Invocation) => void,
): Command {
  const program = new Command(PROGRAM)
    .usage("[command] [flags]")
    .description("Shows and steers the API keys of SignatureAPI that a cluster declares.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns,
      getErrHelpWidth: () => io.stderr.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError(`Show what is possible: ${PROGRAM} --help`)
    .helpCommand("help [command]", "Show the help of a command");
  program.addOption(
    new Option("-o, --output <format>", "print for programs").choices(["json", "yaml"]).helpGroup(GENERAL),
  );
  program.addOption(new Option("--no-color", "print without colors, as with NO_COLOR").helpGroup(GENERAL));
  declareClusterFlags(program);
  for (const command of commands) addCommand(program, command, onInvocation);
  return program;
}

function addCommand(
  program: Command,
  registration: CommandRegistration,
  onInvocation: (invocation: Invocation) => void,
): void {
  const { name, summary } = registration;
  const command = program.command(name).summary(summary).description(summary);
  registration.declare(command);
  command
    .showHelpAfterError(`Show what is possible: ${PROGRAM} ${name} --help`)
    .addHelpText("after", `\nFlags of all commands, such as --namespace and --output: ${PROGRAM} --help`);
  command.action(() => {
    const { output, color } = readFlags(outputSchema, program.opts());
    const cluster = readFlags(clusterFlagsSchema, program.opts());
    onInvocation({
      command: registration,
      global: { cluster, output: output ?? "text", color },
      line: { args: command.args, flags: command.opts() },
    });
  });
}
