import { modeSchema, type Mode } from "./contract/schemas.ts";
import { plainTextOf, sameSecret, SecretValue } from "./secret-value.ts";

/** Below this length the last four characters would give away too much of the value. */
const SHORTEST_WITH_HINT = 8;

/**
 * The value of an API key, which the vendor shows once. It cannot be read, logged or serialised by accident; the only
 * way to the plain text is `revealKeyValue` of `@signatureapi-keys/management-api/reveal`.
 */
export class KeyValue extends SecretValue {
  /** @throws TypeError if the value is empty. The message never repeats the value. */
  static of(plain: string): KeyValue {
    if (plain === "") throw new TypeError("The value of an API key is empty.");
    return new KeyValue(plain);
  }

  /** The last four characters, as the API shows them in `hint`; empty for a value shorter than eight characters. */
  get hint(): string {
    const plain = plainTextOf(this);
    return plain.length < SHORTEST_WITH_HINT ? "" : plain.slice(-4);
  }

  /** The mode that the prefix (`key_test_`, `key_live_`) names; `undefined` for any other prefix. */
  get mode(): Mode | undefined {
    return modeOfPrefix(plainTextOf(this));
  }

  /** Whether both are the same value, compared in constant time. Bytes are compared with the UTF-8 of the value. */
  equals(other: KeyValue | string | Uint8Array): boolean {
    return sameSecret(plainTextOf(this), other instanceof KeyValue ? plainTextOf(other) : other);
  }
}

function modeOfPrefix(plain: string): Mode | undefined {
  return modeSchema.options.find((mode) => plain.startsWith(`key_${mode}_`));
}
