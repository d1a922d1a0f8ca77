import { VALUE_CHARACTERS } from "../contract/schemas.ts";

const KEY = new RegExp(`key_(test|live)_[${VALUE_CHARACTERS}]*`, "gi");
/** Control and bidirectional characters: they could forge lines of a log or hide text. */
const INVISIBLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;
const LONGEST = 300;

/** Text of the other side, fit for a message: no keys, not the token, no control characters, at most 300 characters. */
export function redact(text: string, secret?: string): string {
  const withoutSecret = secret === undefined ? text : text.replaceAll(secret, "[redacted]");
  // Invisible characters go first: one inside of a key would hide it from the pattern.
  const clean = withoutSecret.replace(INVISIBLE, " ").replace(KEY, "[redacted]");
  const characters = Array.from(clean.toWellFormed());
  return characters.length <= LONGEST ? characters.join("") : `${characters.slice(0, LONGEST).join("")}…`;
}
