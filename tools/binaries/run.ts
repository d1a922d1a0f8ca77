import { spawn } from "node:child_process";

/** What a finished command left behind. `code` is null when a signal ended it. */
export interface RunResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Written to the command's standard input, which is closed after it. */
  readonly input?: string;
  /** After this many milliseconds the command is killed (SIGKILL). Default: no limit. */
  readonly timeoutMs?: number;
  /** Called with each piece of standard error as it comes. */
  readonly onStderr?: (chunk: string) => void;
}

/**
 * Runs a command without a shell and collects its output.
 * A non-zero exit code is a result, not an error; rejects only when the command cannot be started at all.
 */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { promise, resolve, reject } = Promise.withResolvers<RunResult>();
  const child = spawn(command, args, {
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, killSignal: "SIGKILL" }),
    stdio: ["pipe", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
    options.onStderr?.(chunk);
  });
  child.on("error", reject);
  child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  // A command that never reads its input closes the pipe early: that is its right, not a failure of ours.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  return promise;
}
