import type { CommandRegistration } from "./command.ts";
import { completionCommand } from "./completion/command.ts";
import { eventsCommand } from "./events/command.ts";
import { logsCommand } from "./logs/command.ts";
import { reconcileCommand } from "./reconcile/command.ts";
import { rotateCommand } from "./rotate/command.ts";
import { statusCommand } from "./status/command.ts";
import { resumeCommand, suspendCommand } from "./suspend/command.ts";
import { versionCommand } from "./version/command.ts";
import { waitCommand } from "./wait/command.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandRegistration[] = [
  statusCommand,
  rotateCommand,
  reconcileCommand,
  waitCommand,
  suspendCommand,
  resumeCommand,
  eventsCommand,
  logsCommand,
  completionCommand,
  versionCommand,
];
