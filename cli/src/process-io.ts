import process from "node:process";
import { createInterface } from "node:readline";
import type { Writable } from "node:stream";
import type { Io, Output } from "./io.ts";

const DEFAULT_COLUMNS = 80;

/** The process's own streams, environment and clock; SIGINT and SIGTERM abort its signal. */
export function processIo(): Io {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  return {
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    stdin: {
      isTTY: process.stdin.isTTY,
      async readLine() {
        const lines = createInterface({ input: process.stdin });
        try {
          for await (const line of lines) return line;
          return undefined;
        } finally {
          lines.close();
        }
      },
      async readAll() {
        const chunks: Buffer[] = [];
        for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk);
        return Buffer.concat(chunks).toString("utf8");
      },
    },
    env: process.env,
    now: () => new Date(),
    random: Math.random,
    signal: stop.signal,
  };
}

function output(stream: Writable & { readonly isTTY?: boolean; readonly columns?: number }): Output {
  return {
    write: (text) => void stream.write(text),
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns ?? DEFAULT_COLUMNS;
    },
  };
}
