import type { Io } from "../io.ts";

/** An `Io` that records what is written, and answers from a list of lines. */
export interface TestIo extends Io {
  out(): string;
  err(): string;
  readonly interrupt: () => void;
}

interface TestIoOptions {
  readonly answers?: readonly string[];
  readonly isTTY?: boolean;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly now?: () => Date;
}

/** Makes a {@link TestIo}; by default no terminal, no environment, and a clock that does not move. */
export function testIo({ answers = [], isTTY = false, env = {}, now }: TestIoOptions = {}): TestIo {
  const written = { stdout: "", stderr: "" };
  const left = [...answers];
  const stop = new AbortController();
  const output = (name: "stdout" | "stderr") => ({
    write: (text: string) => void (written[name] += text),
    isTTY,
    columns: 80,
  });
  return {
    stdout: output("stdout"),
    stderr: output("stderr"),
    stdin: {
      isTTY,
      readLine: () => Promise.resolve(left.shift()),
      readAll: () => Promise.resolve(left.splice(0).join("\n")),
    },
    env,
    now: now ?? (() => new Date("2026-11-27T12:00:00Z")),
    random: () => 0.5,
    signal: stop.signal,
    out: () => written.stdout,
    err: () => written.stderr,
    interrupt: () => stop.abort(),
  };
}
