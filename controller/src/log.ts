import { pino, type Logger } from "pino";
import { z } from "zod";

/** What a value of a key or a token looks like; a log line that matches was about to leak one. */
const SECRET_LIKE = /\bkey_(?:test|live)_[A-Za-z0-9_-]{8,}|\bBearer\s+[^\s"\\]+/g;

/** Takes what looks like a secret out of a text: the last line of defence, behind wrapped values. @internal */
export function redactLine(line: string): string {
  return line.replaceAll(SECRET_LIKE, "[redacted]");
}

/** How log lines look. */
export interface LogOptions {
  readonly level: string;
  readonly format: "json" | "text";
  /** Takes whole lines. */
  readonly write: (line: string) => void;
}

/** The structured log of the controller. */
export function createLog(options: LogOptions): Logger {
  const shape = options.format === "text" ? toText : (line: string): string => line;
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => options.write(redactLine(shape(line))) },
  );
}

const lineSchema = z.looseObject({ time: z.string(), level: z.string(), msg: z.string().default("") });

function toText(line: string): string {
  const { time, level, msg, ...fields } = lineSchema.parse(JSON.parse(line));
  const rest = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return `${[time, level.toUpperCase().padEnd(5), msg, ...rest].join(" ")}\n`;
}
