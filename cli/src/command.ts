import type { Command } from "commander";
import type { ZodType } from "zod";
import type { Context } from "./context.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readFlags } from "./read-flags.ts";

/** One command of the plugin, as `commands.ts` lists it. */
export interface CommandRegistration {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Adds arguments, flags and examples. */
  declare(command: Command): void;
  /**
   * Runs the command.
   * @throws CliError, or a KubeError of a request
   */
  run(context: Context, line: ParsedLine): Promise<ExitCode>;
}

/** What the command line holds for a command, global flags left out. */
export interface ParsedLine {
  readonly args: readonly string[];
  readonly flags: Readonly<Record<string, unknown>>;
}

interface Definition<Flags> extends Omit<CommandRegistration, "run"> {
  /** Reads the flags that {@link CommandRegistration.declare} adds; its messages are shown to the user. */
  readonly flags: ZodType<Flags>;
  run(context: Context, args: readonly string[], flags: Flags): Promise<ExitCode>;
}

/** Makes a registration of a command whose flags are parsed with a schema. */
export function defineCommand<Flags>(definition: Definition<Flags>): CommandRegistration {
  return {
    ...definition,
    run: async (context, { args, flags }) =>
      definition.run(context, args, readFlags(definition.flags, flags)),
  };
}
