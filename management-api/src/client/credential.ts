import type { ManagementToken } from "../management-token.ts";
import { plainTextOf } from "../secret-value.ts";
import { redact } from "./redact.ts";

/** How the management token travels. */
export interface Authentication {
  /** The header's name, such as `Authorization`. */
  readonly header: string;
  /** What stands before the token, such as `Bearer`; nothing if absent. */
  readonly scheme?: string;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const RESERVED = new Set([
  "host",
  "connection",
  "content-length",
  "content-type",
  "transfer-encoding",
  "accept",
  // What the client sends in them would be lost, or would take the token's place.
  "user-agent",
  "idempotency-key",
  "proxy-authorization",
]);

/** @throws TypeError if the header's name or the scheme cannot be sent. */
export function checkAuthentication({ header, scheme }: Authentication): void {
  if (!TOKEN.test(header) || RESERVED.has(header.toLowerCase())) {
    throw new TypeError(`The management token cannot be sent in a header named ${JSON.stringify(header)}.`);
  }
  if (scheme !== undefined && !TOKEN.test(scheme)) {
    throw new TypeError(
      `${JSON.stringify(scheme)} is not an authentication scheme; the usual one is Bearer.`,
    );
  }
}

/** The header that carries the token, and a way to keep the token out of messages. */
export function writeCredential(
  token: ManagementToken,
  { header, scheme }: Authentication,
): { header: string; value: string; redact: (text: string) => string } {
  const plain = plainTextOf(token);
  return {
    header: header.toLowerCase(),
    value: scheme === undefined ? plain : `${scheme} ${plain}`,
    redact: (text) => redact(text, plain),
  };
}
