import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";

/** Linux counts the CPU time of processes in hundredths of a second, whatever its own clock. */
const TICKS_PER_SECOND = 100;
const KIBIBYTES = 1_024;

/** What a process has used. */
export interface Usage {
  /** CPU time of all its threads, user and system, in seconds. It does not depend on what else runs. */
  readonly cpuSeconds: number;
  /** Resident now, in MiB. */
  readonly rssMiB: number;
  /** The most that was ever resident, in MiB. */
  readonly peakRssMiB: number;
}

/**
 * Reads what /proc says about a process.
 *
 * @param stat the text of /proc/PID/stat.
 * @param status the text of /proc/PID/status.
 * @throws Error where they lack a field.
 */
export function parseUsage(stat: string, status: string): Usage {
  // The second field is the command in parentheses, and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  if (!Number.isFinite(user + system)) throw new Error("/proc/PID/stat has no utime and stime");
  return {
    cpuSeconds: (user + system) / TICKS_PER_SECOND,
    rssMiB: memory(status, "VmRSS"),
    peakRssMiB: memory(status, "VmHWM"),
  };
}

function memory(status: string, field: string): number {
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`/proc/PID/status has no ${field}`);
  return Number(kibibytes) / KIBIBYTES;
}

/** What a process of this machine has used until now. @throws Error where there is no such process, or no /proc. */
export async function usageOf(pid: number): Promise<Usage> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, "utf8"),
    readFile(`/proc/${pid}/status`, "utf8"),
  ]);
  return parseUsage(stat, status);
}

/** Between two looks at a process that starts, in milliseconds. */
const LOOK_MS = 5;

/** A Node process of a benchmark. Its output goes into a file, so that reading it costs nobody anything. */
export class NodeProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #outputFile: string;
  /** When it was started, on the clock of `performance.now()`. */
  readonly startedAt = performance.now();

  /** @param args for node: its flags, the file, the file's flags. */
  constructor(args: readonly string[], outputFile: string) {
    this.#outputFile = outputFile;
    const output = openSync(outputFile, "w");
    this.#child = spawn(process.execPath, args, { stdio: ["ignore", output, output] });
    closeSync(output);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async usage(): Promise<Usage> {
    this.#mustRun();
    return usageOf(this.pid);
  }

  /** Resolves with what a look finds, looking again every few milliseconds. @throws Error if the process ends before. */
  async until<T>(look: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      this.#mustRun();
      await delay(LOOK_MS);
    }
  }

  /** Resolves with the first group of a pattern, once the output has it. */
  async said(pattern: RegExp): Promise<string> {
    return this.until(async () => pattern.exec(await this.output())?.[1]);
  }

  /** Everything that it has written. */
  async output(): Promise<string> {
    return readFile(this.#outputFile, "utf8");
  }

  /** Sends a signal, and waits for the end. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.#ended) return;
    const ended = once(this.#child, "exit");
    this.#child.kill(signal);
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }

  get #ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #mustRun(): void {
    if (this.#ended)
      throw new Error(`a process of the benchmark ended; its output is in ${this.#outputFile}`);
  }
}
