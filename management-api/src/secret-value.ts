import { hash, timingSafeEqual } from "node:crypto";
import { inspect } from "node:util";

const REDACTED = "[redacted]";

let readPlain: (value: SecretValue) => string;

/**
 * A string that cannot be logged, inspected, joined or serialised by accident: every such way gives `[redacted]`.
 * The plain text stands in a `#private` field, so that spreading, `structuredClone`, `JSON.stringify` and
 * `util.inspect` (also with `customInspect: false`) do not see it.
 */
export abstract class SecretValue {
  readonly #plain: string;

  static {
    readPlain = (value) => value.#plain;
  }

  protected constructor(plain: string) {
    this.#plain = plain;
  }

  /** The first 12 hex digits of the SHA-256 of the value: safe to show, enough to tell two values apart. */
  get fingerprint(): string {
    return fingerprintOf(this.#plain);
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}

/** The plain text. Inside this package only `reveal.ts` and the client's header writer may call it. */
export function plainTextOf(value: SecretValue): string {
  return readPlain(value);
}

/**
 * The first 12 hex digits of the SHA-256 of some data, to compare what was found in a Secret with a recorded
 * fingerprint. A string is taken as UTF-8.
 */
export function fingerprintOf(data: string | Uint8Array): string {
  return sha256(data).toString("hex", 0, 6);
}

/** Compares in a time that does not depend on where the two differ. */
export function sameSecret(a: string | Uint8Array, b: string | Uint8Array): boolean {
  return timingSafeEqual(sha256(a), sha256(b));
}

function sha256(data: string | Uint8Array): Buffer {
  return hash("sha256", data, "buffer");
}
