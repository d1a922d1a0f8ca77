export { createLog } from "./log.ts";
export { helpText, readOptions } from "./options.ts";
export { run } from "./run.ts";
export type { StepHooks } from "./apikey/environment.ts";
