import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { endWithEngine, engineAt } from "./engine.ts";
import { ApiKeyProvider } from "./provider.ts";

// Pulumi's host is started with the address of its engine.
const engineListens = engineAt(process.argv[2]);
endWithEngine(engineListens, () => process.exit(1));

/** The object that the line in the state of every ApiKey loads; see `bootstrap.ts`. */
export const provider = new ApiKeyProvider({
  now: () => Date.now(),
  wait: (ms) => delay(ms),
  randomBytes: (size) => randomBytes(size),
  engineListens,
  // The engine shows what its plugins write there.
  warn: (message) => void process.stderr.write(`warning: ${message}\n`),
  env: process.env,
});
