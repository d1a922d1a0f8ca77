import { spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A command that runs. */
export interface Running {
  readonly pid: number;
  /** Standard output and standard error so far. */
  text(): string;
  /** Resolves when it has ended and both streams are closed; `code` is null when a signal ended it. */
  readonly ended: Promise<{ readonly code: number | null; readonly text: string }>;
  kill(): void;
}

export function startCommand(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Running {
  const { promise, resolve, reject } = Promise.withResolvers<{ code: number | null; text: string }>();
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  }
  child.on("error", reject);
  // Not "close": a provider that outlives the engine keeps the streams open.
  child.on("exit", (code) => resolve({ code, text }));
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} did not start`);
  return { pid, text: () => text, ended: promise, kill: () => void child.kill("SIGKILL") };
}

/** The processes of the host of dynamic providers that run in a folder. */
export function providersIn(folder: string): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return (
          command.some((part) => part.includes("dynamic-provider")) &&
          readlinkSync(`/proc/${pid}/cwd`) === folder
        );
      } catch {
        return false;
      }
    });
}

/** Kills a process at once, if it is still there. */
export function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
