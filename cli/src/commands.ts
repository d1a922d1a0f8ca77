import type { CommandRegistration } from "./command.ts";
import { versionCommand } from "./version/command.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandRegistration[] = [versionCommand];
