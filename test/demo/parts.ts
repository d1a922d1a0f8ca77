import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import type { Cluster } from "../cluster/cluster.ts";
import { logTail } from "../cluster/log-tail.ts";
import { type Exit, type SupervisedProcess, Supervisor } from "../cluster/supervise.ts";
import { ClaimError, eventually } from "./claim.ts";

const CONTROLLER = fileURLToPath(new URL("../../controller/src/main.ts", import.meta.url));
const EMULATOR = fileURLToPath(new URL("../../management-api/src/emulator/main.ts", import.meta.url));

const addressesSchema = z.object({ url: z.url(), adminUrl: z.url() });

/** Where the emulator serves: the API with `/v1`, and the admin API. */
export type EmulatorAddresses = Readonly<z.infer<typeof addressesSchema>>;

/**
 * The emulator and the controller, each a process of its own. Their supervisor ends them and removes their logs
 * when the demo ends, however it ends, unless they are kept.
 */
export class Parts {
  readonly #folder: string;
  readonly #supervisor: Supervisor;
  #controller: SupervisedProcess | undefined;

  private constructor(folder: string, supervisor: Supervisor) {
    this.#folder = folder;
    this.#supervisor = supervisor;
  }

  static async prepare(keep: boolean): Promise<Parts> {
    const folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-demo-"));
    return new Parts(folder, new Supervisor(folder, keep));
  }

  /** The process to end (SIGTERM) when kept parts are no longer needed. */
  get supervisorPid(): number {
    return this.#supervisor.pid;
  }

  get controllerLogFile(): string {
    return join(this.#folder, "controller.log");
  }

  get #emulatorLogFile(): string {
    return join(this.#folder, "emulator.log");
  }

  async startEmulator(): Promise<EmulatorAddresses> {
    const logFile = this.#emulatorLogFile;
    const emulator = await this.#supervisor.start({
      name: "emulator",
      command: process.execPath,
      args: [EMULATOR, "--json"],
      logFile,
    });
    return eventually("the emulator says where it serves", async () => {
      const text = await readFile(logFile, "utf8");
      if (emulator.exit !== undefined) throw new ClaimError("the emulator runs", text);
      return text.includes("\n") ? addressesSchema.parse(JSON.parse(text)) : undefined;
    });
  }

  /** Starts the controller and waits until /readyz says that its caches are filled. */
  async startController(cluster: Cluster, baseUrl: string): Promise<void> {
    const args = [
      `--kubeconfig=${cluster.kubeconfigFile}`,
      `--allowed-base-urls=${baseUrl}`,
      "--metrics-address=127.0.0.1:0",
      "--health-address=127.0.0.1:0",
      "--log-format=text",
      "--log-level=debug",
    ];
    const controller = await this.#supervisor.start({
      name: "controller",
      command: process.execPath,
      args: [CONTROLLER, ...args],
      logFile: this.controllerLogFile,
    });
    this.#controller = controller;
    await eventually("the controller is ready", async () => {
      if (controller.exit !== undefined)
        throw new ClaimError("the controller runs", JSON.stringify(controller.exit));
      const address = /serving .*\/readyz.* address=(\S+)/.exec(await this.controllerLog())?.[1];
      if (address === undefined) return undefined;
      const answer = await fetch(`http://${address}/readyz`);
      await answer.body?.cancel();
      return answer.ok ? true : undefined;
    });
  }

  async controllerLog(): Promise<string> {
    return readFile(this.controllerLogFile, "utf8").catch(() => "");
  }

  async controllerLogTail(): Promise<string> {
    return logTail(this.controllerLogFile, 15);
  }

  /** Everything that the two processes have printed. */
  async printed(): Promise<string> {
    return (await this.controllerLog()) + (await readFile(this.#emulatorLogFile, "utf8").catch(() => ""));
  }

  /** Asks the controller to end, as Kubernetes does, and waits for it. */
  async stopController(): Promise<Exit> {
    this.#supervisor.signal("controller", "SIGTERM");
    return (await this.#controller?.untilExit()) ?? { code: null, signal: null };
  }

  async keep(): Promise<void> {
    await this.#supervisor.keep();
  }

  /** Ends both processes, and removes their logs. */
  async stop(): Promise<void> {
    await this.#supervisor.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
