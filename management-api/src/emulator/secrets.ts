import { createHash, randomBytes, randomInt } from "node:crypto";
import type { Mode } from "../contract/schemas.ts";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** A new value from the system's CSPRNG: 40 characters of base 62, about 238 bits. */
export function newKeyValue(mode: Mode): string {
  return `key_${mode}_${Array.from({ length: 40 }, () => ALPHABET[randomInt(ALPHABET.length)]).join("")}`;
}

/** A new ID; it never looks like a key. */
export function newKeyId(): string {
  return `ak_${randomBytes(12).toString("hex")}`;
}

export function sha256Hex(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
