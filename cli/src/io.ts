/** Where text goes: a terminal, a pipe or a file. */
export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
  /** Columns of the terminal; 80 where it is none. */
  readonly columns: number;
}

/** Where answers come from. */
interface Input {
  readonly isTTY: boolean;
  /** One line without its end; undefined at the end of the input. */
  readLine(): Promise<string | undefined>;
  /** All that is left of the input. */
  readAll(): Promise<string>;
}

/** The world outside of a command: every effect besides requests and files goes through it. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: Input;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** From 0 up to and without 1. */
  readonly random: () => number;
  /** Aborted when the user interrupts the command. */
  readonly signal: AbortSignal;
}
