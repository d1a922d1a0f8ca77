import { writeSync } from "node:fs";
import process from "node:process";
import { createLog, readOptions, run, type StepHooks } from "@signatureapi-keys/controller";
import { loadKubeConfig } from "@signatureapi-keys/controller/kube";
import type { Step } from "@signatureapi-keys/lifecycle";
import { PointCounter, stepName } from "./points.ts";
import { commandSchema, SETTINGS_VARIABLE, settingsSchema, type Notice, type Trap } from "./protocol.ts";

/** Reports every step, and springs the traps at it. */
class Trapper implements StepHooks {
  #traps: readonly Trap[];
  #counter = new PointCounter();
  #goOn: (() => void) | undefined;

  constructor(traps: readonly Trap[]) {
    this.#traps = traps;
  }

  set(traps: readonly Trap[]): void {
    this.#traps = traps;
    this.#counter = new PointCounter();
    report({ crashTest: "set" });
  }

  goOn(): void {
    this.#goOn?.();
    this.#goOn = undefined;
  }

  async before(step: Step): Promise<void> {
    const name = stepName(step);
    this.#counter.begin(name);
    await this.#pass("before", name);
  }

  async after(step: Step): Promise<void> {
    await this.#pass("after", stepName(step));
  }

  async #pass(side: "before" | "after", name: string): Promise<void> {
    report({ crashTest: side, step: name, at: Date.now() });
    for (const trap of this.#traps)
      if (this.#counter.isAt(trap.point, side, name)) await this.#spring(trap, name);
  }

  async #spring({ action }: Trap, step: string): Promise<void> {
    report({ crashTest: action, step, at: Date.now() });
    if (action === "kill") process.kill(process.pid, "SIGKILL");
    else if (action === "stop") process.kill(process.pid, "SIGSTOP");
    else await new Promise<void>((resolve) => (this.#goOn = resolve));
  }
}

// Synchronously, so that what was reported arrives whatever comes next.
function report(notice: Notice): void {
  writeSync(1, `${JSON.stringify(notice)}\n`);
}

async function main(): Promise<number> {
  const settings = settingsSchema.parse(JSON.parse(process.env[SETTINGS_VARIABLE] ?? ""));
  const options = readOptions(settings.flags, {});
  if (options === "help") throw new TypeError("a test does not ask for help");
  const { traps, identity = `crash-test-${process.pid}`, timing, lease } = settings;
  const hooks = traps === undefined ? undefined : new Trapper(traps);
  const stop = new AbortController();
  process.on("message", (message) => {
    const command = commandSchema.parse(message);
    if ("traps" in command) hooks?.set(command.traps);
    else hooks?.goOn();
  });
  process.once("SIGTERM", () => stop.abort());
  // No test is left to judge what it does.
  process.once("disconnect", () => process.exit());
  const access = await loadKubeConfig({ kubeconfigPath: options.kubeconfig });
  const log = createLog({
    level: options.logLevel,
    format: "json",
    write: (line) => writeSync(1, line),
  });
  return run(
    {
      options,
      access,
      inCluster: false,
      log,
      identity,
      timing,
      ...(hooks === undefined ? {} : { hooks }),
      ...(lease === undefined ? {} : { lease }),
    },
    stop.signal,
  );
}

process.exitCode = await main();
process.disconnect();
