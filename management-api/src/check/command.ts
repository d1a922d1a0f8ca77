import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { CHECK_HELP, CheckFlagError, readCheckFlags, type CheckFlags } from "./flags.ts";
import { asReport, asTable, countsOf, leftText } from "./render.ts";
import { runCheck, type CheckResult } from "./run.ts";

/** Where a command writes, and what stops it. */
export interface CommandIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of standard input; `undefined` if it is a terminal. */
  readonly readStdin: () => string | undefined;
  readonly signal: AbortSignal;
}

const FOUND_DIFFERENCES = 1;
const USAGE = 2;
const NO_ACCESS = 3;

/** Runs `signatureapi-management check`; the result is the exit code. */
export async function checkCommand(args: readonly string[], io: CommandIo): Promise<number> {
  try {
    const flags = readCheckFlags(args, io.env, io.readStdin);
    if (flags === "help") {
      io.out(CHECK_HELP);
      return 0;
    }
    return await check(flags, io);
  } catch (error) {
    if (!(error instanceof CheckFlagError)) throw error;
    io.err(`${error.message}\nSee signatureapi-management check --help.\n`);
    return USAGE;
  }
}

async function check(flags: CheckFlags, io: CommandIo): Promise<number> {
  const marker = newMarker();
  const result = await runCheck({ ...flags, marker, signal: io.signal });
  const report = asReport(result, { ...flags, at: new Date() });
  io.out(flags.output === "json" ? `${JSON.stringify(report, undefined, 2)}\n` : asTable(result));
  io.err(leftText(result, marker));
  if (flags.report !== undefined) writeReport(flags.report, report, io);
  return exitCodeOf(result);
}

function writeReport(file: string, report: object, io: CommandIo): void {
  try {
    writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`, { mode: 0o600 });
    io.err(`The report is in ${file}. It holds no token, value, ID, description or name of your account.\n`);
  } catch {
    throw new CheckFlagError(`--report: the file ${file} cannot be written.`);
  }
}

function exitCodeOf(result: CheckResult): number {
  if (result.left.ids.length > 0 || result.left.unclear) return FOUND_DIFFERENCES;
  if (result.end === "unreachable" || result.end === "refused") return NO_ACCESS;
  return countsOf(result).differs > 0 || result.end === "interrupted" ? FOUND_DIFFERENCES : 0;
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

function newMarker(): string {
  return Array.from(randomBytes(8), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
}

/** The whole of standard input, or `undefined` if a person would have to type it. */
export function readStandardInput(): string | undefined {
  return process.stdin.isTTY ? undefined : readFileSync(0, "utf8");
}
