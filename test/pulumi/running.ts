import { spawn } from "node:child_process";

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

/** Whether a process is there. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Kills a process at once, if it is still there. */
export function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
