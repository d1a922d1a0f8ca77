import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { open, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import type { ReplicaRecord } from "./history.ts";
import { SETTINGS_VARIABLE, type Settings } from "../crash/protocol.ts";

/** As long as a kubelet takes at first before it starts a container again, and much shorter. */
const RESTART_MS = 300;

/** How a replica is started, over and over. */
export interface ReplicaStart {
  /** From 1; it is in the history. */
  readonly number: number;
  /** The bundle to run. */
  readonly file: string;
  /** Takes everything that any of its processes prints. */
  readonly outputFile: string;
  readonly settings: Omit<Settings, "identity">;
  note(record: ReplicaRecord): void;
}

/**
 * A replica of the controller: a process that is started again whenever it ends, as a Deployment would.
 *
 * Once disposed, no process of it is left, frozen or not.
 */
export class Replica implements AsyncDisposable {
  readonly #start: ReplicaStart;
  readonly #output: FileHandle;
  readonly #loop: Promise<void>;
  #child: ChildProcess | undefined;
  #starts = 0;
  #frozen = false;
  #over = false;
  #held: PromiseWithResolvers<void> | undefined;
  // A frozen process would not notice that this one has gone.
  readonly #onExit = (): void => void this.#child?.kill("SIGKILL");

  private constructor(start: ReplicaStart, output: FileHandle) {
    this.#start = start;
    this.#output = output;
    process.once("exit", this.#onExit);
    this.#loop = this.#run();
  }

  static async start(start: ReplicaStart): Promise<Replica> {
    return new Replica(start, await open(start.outputFile, "a"));
  }

  /** Whether a process of it runs, frozen or not: between two of them there is nothing to kill. */
  get runs(): boolean {
    return this.#child !== undefined;
  }

  /** Kills it (SIGKILL), frozen or not; another process follows. */
  kill(): void {
    if (this.#child === undefined) return;
    this.#note("killed");
    this.#frozen = false;
    this.#child.kill("SIGKILL");
  }

  /** Freezes it (SIGSTOP) for so many milliseconds: it goes on as if no time had passed. */
  async freeze(ms: number): Promise<void> {
    const child = this.#child;
    if (child === undefined || this.#frozen) return;
    this.#frozen = true;
    this.#note("frozen");
    child.kill("SIGSTOP");
    await delay(ms);
    if (this.#child === child && this.#frozen) this.thaw();
  }

  /** Lets it go on, if it is frozen. */
  thaw(): void {
    if (!this.#frozen) return;
    this.#frozen = false;
    this.#note("woken");
    this.#child?.kill("SIGCONT");
  }

  /** Kills it, and starts no other process until it may go on; resolves once none is left. */
  async hold(): Promise<void> {
    this.#held ??= Promise.withResolvers();
    const child = this.#child;
    this.kill();
    if (child !== undefined && child.exitCode === null && child.signalCode === null)
      await once(child, "exit");
  }

  /** Starts a process again. */
  release(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  /** Ends it for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    this.release();
    this.#child?.kill("SIGKILL");
    await this.#loop;
    process.off("exit", this.#onExit);
    await this.#output.close();
  }

  async #run(): Promise<void> {
    while (!this.#over) {
      await this.#held?.promise;
      if (this.#over) return;
      const child = this.#spawn();
      this.#child = child;
      this.#note("started");
      await once(child, "exit");
      this.#child = undefined;
      this.#frozen = false;
      if (this.#over) return;
      this.#note("ended");
      await delay(RESTART_MS);
    }
  }

  #spawn(): ChildProcess {
    const { number, file, settings } = this.#start;
    const identity = `replica-${number}-${(this.#starts += 1)}`;
    const { fd } = this.#output;
    return spawn(process.execPath, [file], {
      stdio: ["ignore", fd, fd, "ipc"],
      env: {
        [SETTINGS_VARIABLE]: JSON.stringify({ ...settings, identity }),
        NODE_COMPILE_CACHE: `${dirname(file)}/compiled`,
      },
    });
  }

  #note(what: ReplicaRecord["what"]): void {
    this.#start.note({ at: Date.now(), replica: this.#start.number, what });
  }
}
