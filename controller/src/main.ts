import { hostname } from "node:os";
import { randomUUID } from "node:crypto";
import process from "node:process";
import { ProxyRules } from "@signatureapi-keys/management-api";
import { check } from "./check/check.ts";
import { CHECK_HELP, readCheckOptions } from "./check/check-options.ts";
import { loadKubeConfig } from "./kube/index.ts";
import { createLog } from "./log.ts";
import { helpText, OptionsError, readOptions } from "./options.ts";
import { run } from "./run.ts";
import { StartupError } from "./startup.ts";

/** The entry point of the `signatureapi-controller` process. */
async function main(): Promise<number> {
  const [command, ...rest] = process.argv.slice(2);
  if (command === "check") return checkInstallation(rest);
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === "help") {
    process.stdout.write(helpText());
    return 0;
  }
  const log = createLog({
    level: options.logLevel,
    format: options.logFormat,
    write: (line) => process.stdout.write(line),
  });
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      log.info({ signal }, "stopping: nothing new is begun, what was begun is brought to its end");
      stop.abort();
    });
  }
  const proxies = readProxies();
  const access = await loadKubeConfig({ kubeconfigPath: options.kubeconfig });
  const inCluster = options.kubeconfig === undefined && process.env["KUBERNETES_SERVICE_HOST"] !== undefined;
  return run(
    { options, access, inCluster, log, proxies, identity: `${hostname()}_${randomUUID()}`.slice(-128) },
    stop.signal,
  );
}

async function checkInstallation(args: readonly string[]): Promise<number> {
  const options = readCheckOptions(args);
  if (options === "help") {
    process.stdout.write(CHECK_HELP);
    return 0;
  }
  return check(options, (line) => process.stdout.write(`${line}\n`));
}

function readProxies(): ProxyRules {
  try {
    return new ProxyRules(process.env);
  } catch (error) {
    throw new OptionsError(error instanceof Error ? error.message : "", { cause: error });
  }
}

/** What may still be open, such as a connection, must not keep a replica running that has given its lease up. */
function end(code: number): void {
  process.stdout.write("", () => process.exit(code));
}

try {
  end(await main());
} catch (error) {
  const known = error instanceof OptionsError || error instanceof StartupError;
  const text =
    error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`signatureapi-controller: ${text}\n`);
  end(error instanceof OptionsError ? 2 : 1);
}
