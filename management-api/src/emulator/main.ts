import { startEmulator } from "./index.ts";
import { FlagError, HELP, readFlags } from "./flags.ts";
import { startMessage } from "./start-message.ts";

/** Starts the emulator from the command line; returns the exit code if it does not start. */
async function start(args: readonly string[]): Promise<number | undefined> {
  const command = readFlags(args, process.env);
  if (command.kind === "help") {
    process.stdout.write(HELP);
    return 0;
  }
  const emulator = await startEmulator(command.options);
  const { url, adminUrl } = emulator;
  process.stdout.write(
    command.json ? `${JSON.stringify({ url, adminUrl })}\n` : startMessage(url, adminUrl, command.options),
  );
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      void emulator.close();
    });
  }
  return undefined;
}

function explain(error: unknown): { message: string; code: number } {
  if (error instanceof FlagError) return { message: `${error.message}\nSee --help.`, code: 2 };
  if (!(error instanceof Error)) return { message: "The emulator failed.", code: 1 };
  if ("code" in error && error.code === "EADDRINUSE") {
    const port = "port" in error ? String(error.port) : "it";
    return {
      message: `Port ${port} is in use: choose another with --port or --admin-port, or 0 for a free one.`,
      code: 1,
    };
  }
  return { message: error.message, code: 1 };
}

/**
 * Runs the emulator's command, without node and the script. Returns the exit code if it has ended, and nothing while the
 * emulator runs.
 */
export async function emulatorCommand(args: readonly string[]): Promise<number | undefined> {
  try {
    return await start(args);
  } catch (error) {
    const { message, code } = explain(error);
    process.stderr.write(`${message}\n`);
    return code;
  }
}

if (import.meta.main) process.exitCode = await emulatorCommand(process.argv.slice(2));
