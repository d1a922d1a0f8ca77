import type { CommandRegistration } from "./command.ts";
import { adoptCommand } from "./adopt/command.ts";
import { doctorCommand } from "./doctor/command.ts";
import { importCommand } from "./import/command.ts";
import { orphansCommand } from "./orphans/command.ts";
import { supportBundleCommand } from "./support-bundle/command.ts";
import { versionCommand } from "./version/command.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandRegistration[] = [
  doctorCommand,
  orphansCommand,
  adoptCommand,
  importCommand,
  supportBundleCommand,
  versionCommand,
];
