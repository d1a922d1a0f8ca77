import type { KeyValue } from "./key-value.ts";
import { plainTextOf } from "./secret-value.ts";

/**
 * The plain value of an API key. It has a subpath export of its own, so that whoever reviews the project can count
 * the places that hold a plain value: there should be one, the writer of the declared Secret.
 */
export function revealKeyValue(value: KeyValue): string {
  return plainTextOf(value);
}
