import { run } from "../../tools/binaries/run.ts";

/** The command lines of all processes in which this text occurs, such as those that were given a cluster's folder. */
export async function processesOf(text: string): Promise<string[]> {
  const { stdout } = await run("ps", ["-A", "-o", "args="]);
  return stdout.split("\n").filter((line) => line.includes(text));
}
