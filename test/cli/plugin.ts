import { testIo, type TestIo } from "../../cli/src/testing/test-io.ts";
import { run } from "../../cli/src/run.ts";

/** What a command has printed, and its exit status. */
export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line of the plugin in this process. @param options of its streams and its clock */
export async function plugin(
  kubeconfig: string,
  args: readonly string[],
  options: Parameters<typeof testIo>[0] = {},
): Promise<Answer> {
  const io: TestIo = testIo({ now: () => new Date(), ...options });
  const code = await run([...args, "--kubeconfig", kubeconfig], io);
  return { code, out: io.out(), err: io.err() };
}
