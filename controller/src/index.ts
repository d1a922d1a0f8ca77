export { createLog, redactLine } from "./log.ts";
export { OptionsError, helpText, readOptions, type ControllerOptions } from "./options.ts";
export { run } from "./run.ts";
export type { ControllerContext } from "./controller.ts";
export type { StepHooks } from "./apikey/environment.ts";
export { StartupError } from "./startup.ts";
