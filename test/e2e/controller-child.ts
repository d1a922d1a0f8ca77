import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The controller's source, which Node 24 runs as it is. */
export const MAIN = fileURLToPath(new URL("../../controller/src/main.ts", import.meta.url));

/** A controller in a process of its own, as a user starts it, with everything that it writes. */
export class ControllerChild implements AsyncDisposable {
  readonly #child: ChildProcess;
  #output = "";

  /**
   * @param kubeconfig the file; `undefined` for the service account of the Pod that it is in.
   * @param flags as on the command line; those that keep its ports free come after them, and win.
   * @param file what to run; the source by default.
   * @param nodeFlags of Node, such as the size of its heap.
   * @param within a command that runs the rest of its line, such as `nice`.
   */
  constructor(
    kubeconfig: string | undefined,
    flags: readonly string[],
    file = MAIN,
    nodeFlags: readonly string[] = [],
    within: readonly string[] = [],
  ) {
    const local = ["--health-address=127.0.0.1:0", "--metrics-address=127.0.0.1:0"];
    const [command = process.execPath, ...args] = [
      ...within,
      process.execPath,
      ...nodeFlags,
      file,
      ...flags,
      ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
      ...local,
    ];
    this.#child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child.once("close", () => this.#child.emit("output"));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
        this.#child.emit("output");
      });
    }
  }

  /** The ID of the process. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Everything that it has written to standard output and standard error. */
  get output(): string {
    return this.#output;
  }

  /** Resolves with the first group of a pattern once the output matches. @throws Error after 20 s, or if it ends before. */
  async said(pattern: RegExp): Promise<string> {
    const signal = AbortSignal.timeout(20_000);
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match !== null) return match[1] ?? "";
      if (this.#child.stdout?.readableEnded === true)
        throw new Error(`the controller ended: ${this.#output}`);
      await once(this.#child, "output", { signal });
    }
  }

  /** Where /metrics is served. */
  async metricsAddress(): Promise<string> {
    return this.said(/"address":"([^"]+)","msg":"serving \/metrics"/);
  }

  /** The text of /metrics. */
  async metrics(): Promise<string> {
    return (await fetch(`http://${await this.metricsAddress()}/metrics`)).text();
  }

  /** The status of /healthz or /readyz. */
  async health(path: "/healthz" | "/readyz"): Promise<number> {
    const address = await this.said(/"address":"([^"]+)","msg":"serving \/healthz and \/readyz"/);
    return (await fetch(`http://${address}${path}`)).status;
  }

  /** Sends a signal, and resolves with the exit status. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill(signal);
      await once(this.#child, "exit");
    }
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }
}
