import process from "node:process";
import type { CliResult } from "./run-cli.ts";
import { normalized, screensOf, wordsOf, writeScreens } from "./screens.ts";

/** A screen in a page, and what its command prints now, both without what differs from run to run. */
export interface Comparison {
  readonly shown: readonly string[];
  readonly printed: readonly string[];
}

/**
 * Runs the commands of a page. With `RECORD_SCREENS=1`, the page is written again first.
 *
 * @param run gets the words after `kubectl signatureapi`
 */
export async function compareScreens(
  page: string,
  run: (args: readonly string[]) => Promise<CliResult>,
): Promise<Comparison> {
  const commands = screensOf(page).map(({ command }) => command);
  const outputs: string[] = [];
  for (const command of commands) {
    const { out, err } = await run(wordsOf(command).slice(2));
    outputs.push(err + out);
  }
  if (process.env["RECORD_SCREENS"] === "1") writeScreens(page, outputs);
  return {
    shown: screensOf(page).map(({ command, output }) => `$ ${command}\n${stable(output)}`),
    printed: commands.map((command, index) => `$ ${command}\n${stable(outputs[index] ?? "")}`),
  };
}

/** The version of the test's API server, the identity of a replica, and how long ago something was. */
function stable(screen: string): string {
  return normalized(screen)
    .replaceAll(/Kubernetes v[\w.+-]+/gu, "Kubernetes VERSION")
    .replaceAll(/\S+ holds the lease/gu, "HOLDER holds the lease");
}
