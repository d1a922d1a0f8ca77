import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from "./json-bytes.ts";

/** One member of a JSON object, its value as it is written. */
export interface JsonMember {
  readonly name: string;
  readonly value: Buffer;
}

/**
 * The members of a JSON object, one by one, without building what they hold: the cost of a look at `metadata` does not
 * grow with the number of entries of a Secret. Of a text that breaks off, the last value breaks off too. What is no
 * object has no members. The text is not checked: whoever reads a value parses it.
 */
export function* membersOf(text: Buffer): Generator<JsonMember, void> {
  let at = skipTo(text, 0, OPEN_BRACE);
  while (at < text.length) {
    const open = text.indexOf(QUOTE, at);
    if (open === -1) return;
    const close = endOfString(text, open);
    const colon = text.indexOf(COLON, close);
    if (colon === -1) return;
    const end = endOfValue(text, colon + 1);
    const name = parsed(text.subarray(open, close));
    if (typeof name !== "string") return;
    yield { name, value: text.subarray(colon + 1, end) };
    if (text[end] !== COMMA) return;
    at = end + 1;
  }
}

/** A value that is written completely and is a string. */
export function stringIn(value: Buffer | undefined): string | undefined {
  const text = value === undefined ? undefined : parsed(value);
  return typeof text === "string" ? text : undefined;
}

function parsed(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}

function skipTo(text: Buffer, from: number, byte: number): number {
  let at = from;
  while (at < text.length && isSpace(text[at])) at++;
  return text[at] === byte ? at + 1 : text.length;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Behind the closing quote of a string that opens at `open`. */
function endOfString(text: Buffer, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    const byte = text[at];
    if (byte === BACKSLASH) at++;
    else if (byte === QUOTE) return at + 1;
  }
  return text.length;
}

/** At the comma or bracket that ends a value. */
function endOfValue(text: Buffer, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const byte = text[at];
    if (byte === QUOTE) {
      at = endOfString(text, at);
      continue;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth === 0) return at;
      depth--;
    } else if (byte === COMMA && depth === 0) return at;
    at++;
  }
  return text.length;
}
