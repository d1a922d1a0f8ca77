import { run } from "../../cli/src/run.ts";
import { testIo, type TestIo } from "../../cli/src/testing/test-io.ts";

/** What a run of the plugin gave. */
export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface CliOptions {
  readonly kubeconfig: string;
  /** What the user types. */
  readonly answers?: readonly string[];
  readonly isTTY?: boolean;
  /** By default the time that it is. */
  readonly now?: () => Date;
}

/** Runs the plugin in this process, against a real API server. */
export async function runCli(
  args: readonly string[],
  { kubeconfig, ...options }: CliOptions,
): Promise<CliResult> {
  const { io, ended } = startCli(args, { kubeconfig, ...options });
  return { code: await ended, out: io.out(), err: io.err() };
}

/** The same, for a command that ends when it is interrupted. */
export function startCli(
  args: readonly string[],
  { kubeconfig, answers, isTTY, now = () => new Date() }: CliOptions,
): { readonly io: TestIo; readonly ended: Promise<number> } {
  const io = testIo({
    env: { KUBECONFIG: kubeconfig },
    now,
    ...(answers !== undefined && { answers }),
    ...(isTTY !== undefined && { isTTY }),
  });
  return { io, ended: run(args, io) };
}
