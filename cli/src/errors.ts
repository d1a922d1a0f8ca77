import { EXIT, type ExitCode } from "./exit-codes.ts";

/**
 * A failure as the user reads it: what happened, to which object, and what to do next. It is printed without a stack.
 */
export class CliError extends Error {
  override readonly name: string = "CliError";
  readonly exitCode: ExitCode;
  /** What to do next: a sentence or a command; undefined where the message says it. */
  readonly next: string | undefined;

  constructor(message: string, { next, exitCode, cause }: CliErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.next = next;
    this.exitCode = exitCode ?? EXIT.failed;
  }
}

interface CliErrorOptions {
  readonly next?: string | undefined;
  /** `EXIT.failed` by default. */
  readonly exitCode?: ExitCode | undefined;
  readonly cause?: unknown;
}

/** The command line cannot be understood: nothing was sent. */
export class UsageError extends CliError {
  override readonly name = "UsageError";

  constructor(message: string, next?: string) {
    super(message, { next, exitCode: EXIT.usage });
  }
}
