import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The controller's source, which Node 24 runs as it is. */
const CONTROLLER_SOURCE = fileURLToPath(new URL("../../controller/src/main.ts", import.meta.url));

/** How a controller is started. */
export interface ControllerStart {
  /** The flags of the rendered Deployment. */
  readonly args: readonly string[];
  readonly kubeconfig: string;
  readonly baseUrl: string;
  /** What to run; the source by default. */
  readonly file?: string;
}

/** The controller as a process of its own, with what the chart gives it. */
export class ControllerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #output = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, "exit");
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    }
  }

  /** Starts it; what depends on this machine, and where tokens go, is said by later flags, which win. */
  static start({ args, kubeconfig, baseUrl, file = CONTROLLER_SOURCE }: ControllerStart): ControllerProcess {
    const local = [
      `--kubeconfig=${kubeconfig}`,
      `--allowed-base-urls=${baseUrl}`,
      "--metrics-address=127.0.0.1:0",
      "--health-address=127.0.0.1:0",
    ];
    return new ControllerProcess(
      spawn(process.execPath, [file, ...args, ...local], { stdio: ["ignore", "pipe", "pipe"] }),
    );
  }

  /** All that it has printed. */
  get output(): string {
    return this.#output;
  }

  /** Asks it to end, and waits for it. @returns the exit status, `null` where a signal ended it. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGTERM");
    await this.#ended;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
