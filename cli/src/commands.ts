import type { CommandRegistration } from "./command.ts";
import { adoptCommand } from "./adopt/command.ts";
import { completionCommand } from "./completion/command.ts";
import { doctorCommand } from "./doctor/command.ts";
import { eventsCommand } from "./events/command.ts";
import { importCommand } from "./import/command.ts";
import { logsCommand } from "./logs/command.ts";
import { orphansCommand } from "./orphans/command.ts";
import { reconcileCommand } from "./reconcile/command.ts";
import { rotateCommand } from "./rotate/command.ts";
import { statusCommand } from "./status/command.ts";
import { supportBundleCommand } from "./support-bundle/command.ts";
import { resumeCommand, suspendCommand } from "./suspend/command.ts";
import { versionCommand } from "./version/command.ts";
import { waitCommand } from "./wait/command.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandRegistration[] = [
  statusCommand,
  doctorCommand,
  rotateCommand,
  reconcileCommand,
  waitCommand,
  suspendCommand,
  resumeCommand,
  adoptCommand,
  importCommand,
  orphansCommand,
  eventsCommand,
  logsCommand,
  supportBundleCommand,
  completionCommand,
  versionCommand,
];
