import { writeSync } from "node:fs";
import process from "node:process";
import { createLog, readOptions, run } from "@signatureapi-keys/controller";
import { loadKubeConfig } from "@signatureapi-keys/controller/kube";
import { SETTINGS_VARIABLE, settingsSchema } from "./protocol.ts";

// Synchronously, so that what was logged is read whatever comes next.
function write(line: string): void {
  writeSync(1, line);
}

/** A replica of the controller as it is shipped, on a faster clock and with a shorter lease. */
async function main(): Promise<number> {
  const { flags, identity, timing, lease } = settingsSchema.parse(
    JSON.parse(process.env[SETTINGS_VARIABLE] ?? ""),
  );
  const options = readOptions(flags, {});
  if (options === "help") throw new TypeError("a test does not ask for help");
  const stop = new AbortController();
  process.once("SIGTERM", () => stop.abort());
  // Nobody is left to judge what it does.
  process.once("disconnect", () => process.exit());
  const access = await loadKubeConfig({ kubeconfigPath: options.kubeconfig });
  const log = createLog({ level: options.logLevel, format: "json", write });
  return run({ options, access, inCluster: false, log, identity, timing, lease }, stop.signal);
}

process.exitCode = await main();
process.disconnect();
