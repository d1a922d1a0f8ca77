import { checkCommand, readStandardInput } from "./check/command.ts";
import { emulatorCommand } from "./emulator/main.ts";

const HELP = `Usage: signatureapi-management <command> [flags]

  check     compare a management API with the contract, row by row
  emulator  run a server of the contract, for demos and tests

Each command has --help.
`;

/** Stops the check after its cleanup at the first signal, and the process at the second one. */
async function check(args: readonly string[]): Promise<number> {
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      process.stderr.write("Stopping. What was created is revoked first.\n");
      stopping.abort();
    });
  }
  return checkCommand(args, {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    env: process.env,
    readStdin: readStandardInput,
    signal: stopping.signal,
  });
}

async function main([command, ...args]: readonly string[]): Promise<number | undefined> {
  if (command === "check") return check(args);
  if (command === "emulator") return emulatorCommand(args);
  const asked = command === "--help" || command === "help";
  (asked ? process.stdout : process.stderr).write(HELP);
  return asked ? 0 : 2;
}

process.exitCode = await main(process.argv.slice(2));
