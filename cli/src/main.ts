#!/usr/bin/env node
import process from "node:process";
import { processIo } from "./process-io.ts";
import { run } from "./run.ts";

// A reader that has seen enough, such as `head`, closes the pipe: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

/** What is still open, such as the input, must not keep the process; what was printed must arrive. */
async function main(): Promise<void> {
  const exitCode = await run(process.argv.slice(2), processIo());
  process.stdout.write("", () => process.stderr.write("", () => process.exit(exitCode)));
}

// Without a top-level await: the executable is bundled as CommonJS.
void main();
