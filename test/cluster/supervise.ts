import { type ChildProcess, fork } from "node:child_process";
import { EventEmitter } from "node:events";
import { fileURLToPath } from "node:url";
import type { SupervisorEvent, SupervisorRequest } from "./supervisor-protocol.ts";

/** How a supervised process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that its supervisor has started. */
export interface SupervisedProcess {
  readonly name: string;
  readonly pid: number;
  /** Waits until the process has ended; never rejects. */
  readonly untilExit: () => Promise<Exit>;
  /** Set as soon as the process has ended. */
  readonly exit: Exit | undefined;
}

export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
}

/**
 * The test process's end of a supervisor (see supervisor.ts).
 * While none of its methods is awaited, it does not keep the test process alive.
 */
export class Supervisor {
  readonly #child: ChildProcess;
  readonly #events = new EventEmitter<{ event: [SupervisorEvent] }>();
  readonly #exited: Promise<void>;
  #waiting = 0;

  /**
   * Starts a supervisor that removes `folder` when it ends.
   * One that is to be kept must not hold on to our standard error: a reader of that would wait for its end.
   */
  constructor(folder: string, willBeKept = false) {
    const { NODE_OPTIONS: _, ...env } = process.env;
    this.#child = fork(fileURLToPath(new URL("supervisor.ts", import.meta.url)), [folder], {
      detached: true, // its own process group: a Ctrl-C in the terminal must not reach it before us
      execArgv: [],
      env,
      stdio: ["ignore", "ignore", willBeKept ? "ignore" : "inherit", "ipc"],
    });
    this.#events.setMaxListeners(0);
    this.#exited = new Promise((resolve) => {
      this.#child.on("exit", () => resolve());
      this.#child.on("error", () => resolve());
    });
    this.#child.on("message", (event: SupervisorEvent) => this.#events.emit("event", event));
    this.#child.unref();
    this.#child.channel?.unref();
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Starts a process. Rejects when it cannot be started or the supervisor has ended. */
  async start(spec: ProcessSpec): Promise<SupervisedProcess> {
    // Listened for before it is started: a process may end in the same breath.
    const { exited, exit } = this.#watchExit(spec.name);
    const reply = this.#next(
      (event) => "name" in event && event.name === spec.name && event.event !== "exited",
    );
    this.#send({ op: "start", ...spec });
    const event = await reply;
    if (event.event !== "started") {
      const reason = event.event === "start-failed" ? event.message : "unexpected answer";
      throw new Error(`${spec.name} could not be started (${spec.command}): ${reason}`);
    }
    return {
      name: spec.name,
      pid: event.pid,
      untilExit: async () => this.#awake(exited),
      get exit() {
        return exit();
      },
    };
  }

  /** Sends a signal to a process that was started under this name. */
  signal(name: string, signal: NodeJS.Signals): void {
    this.#send({ op: "signal", name, signal });
  }

  /** Lets the processes outlive this one. They end when the supervisor gets a SIGTERM. */
  async keep(): Promise<void> {
    const reply = this.#next((event) => event.event === "kept");
    this.#send({ op: "keep" });
    await reply;
    this.#child.disconnect();
  }

  /** Kills every process, removes the folder, and waits until both is done. May be called again. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.ref();
    if (this.#child.connected) this.#send({ op: "stop" });
    else this.#child.kill("SIGTERM");
    await this.#exited;
  }

  #watchExit(name: string): { exited: Promise<Exit>; exit: () => Exit | undefined } {
    const { promise: exited, resolve } = Promise.withResolvers<Exit>();
    let exit: Exit | undefined;
    const settle = (value: Exit): void => {
      exit ??= value;
      this.#events.off("event", listener);
      resolve(exit);
    };
    const listener = (event: SupervisorEvent): void => {
      if (event.event === "exited" && event.name === name) settle(event);
    };
    this.#events.on("event", listener);
    void this.#exited.then(() => settle({ code: null, signal: null }));
    return { exited, exit: () => exit };
  }

  #send(request: SupervisorRequest): void {
    if (this.#child.connected) this.#child.send(request);
  }

  async #next(matches: (event: SupervisorEvent) => boolean): Promise<SupervisorEvent> {
    const { promise, resolve, reject } = Promise.withResolvers<SupervisorEvent>();
    const listener = (event: SupervisorEvent): void => {
      if (matches(event)) resolve(event);
    };
    this.#events.on("event", listener);
    void this.#exited.then(() => reject(new Error("the cluster's supervisor has ended")));
    try {
      return await this.#awake(promise);
    } finally {
      this.#events.off("event", listener);
    }
  }

  /** Keeps this process alive while it waits for the supervisor: the channel alone does not. */
  async #awake<T>(awaited: Promise<T>): Promise<T> {
    const { channel } = this.#child;
    if (this.#waiting++ === 0) channel?.ref();
    try {
      return await awaited;
    } finally {
      if (--this.#waiting === 0) channel?.unref();
    }
  }
}
