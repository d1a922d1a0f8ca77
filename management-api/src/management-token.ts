import { SecretValue } from "./secret-value.ts";

/** Visible ASCII: what every HTTP header and proxy passes on unchanged (RFC 9110, section 5.5). */
const HEADER_SAFE = /^[\x21-\x7e]+$/;

/**
 * The token that manages an account's keys. Only the client's header writer reads it; everything else sees
 * `[redacted]`.
 */
export class ManagementToken extends SecretValue {
  /**
   * Takes the content of a Secret, a file or a variable. One trailing line break is dropped, since files end in one.
   * @throws TypeError if it is empty, not UTF-8 or holds a character that cannot stand in a header. The message never
   * repeats the token.
   */
  static of(content: string | Uint8Array): ManagementToken {
    const text = typeof content === "string" ? content : decode(content);
    const plain = text.replace(/\r?\n$/, "");
    if (plain === "")
      throw new TypeError("The management token is empty: put the token into the Secret or file.");
    if (!HEADER_SAFE.test(plain)) {
      throw new TypeError(
        "The management token holds a character that an HTTP header cannot carry: a line break, a space, or one outside of ASCII. Store the token alone, without quotes or further lines.",
      );
    }
    return new ManagementToken(plain);
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new TypeError("The management token is not UTF-8 text: store the token as it was shown.");
  }
}
