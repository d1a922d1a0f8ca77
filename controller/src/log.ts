import { VALUE_CHARACTERS } from "@signatureapi-keys/management-api";
import { pino, type Logger } from "pino";
import * as z from "zod";

/** A text names the prefixes of values without leaking one; with so many characters more it may be a value, or its beginning. */
const SHORTEST_REST = 4;

/** What a value of a key or a token looks like; a log line that matches was about to leak one. */
const SECRET_LIKE = new RegExp(
  String.raw`key_(?:test|live)_[${VALUE_CHARACTERS}]{${SHORTEST_REST},}|\bBearer\s+[^\s"\\]+`,
  "gi",
);

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
  const rest = Object.entries(fields).map(([name, value]) => `${oneWord(name)}=${fieldText(value)}`);
  return `${[time, level.toUpperCase().padEnd(5), escaped(msg), ...rest].join(" ")}\n`;
}

/** A text of others could pass for further fields, or for lines of its own: it is quoted where it may. */
function fieldText(value: unknown): string {
  return typeof value === "string" ? oneWord(value) : escaped(JSON.stringify(value));
}

function oneWord(text: string): string {
  return /^[^\s="\\]+$/u.test(text) && text === escaped(text) ? text : escaped(JSON.stringify(text));
}

/** Control and bidirectional characters as escapes: each line of the log is one entry, and reads as it is. */
function escaped(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
