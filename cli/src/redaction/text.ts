import { VALUE_CHARACTERS } from "@signatureapi-keys/management-api";

const REDACTED = "[redacted]";

/** A text may name the prefix of values; with so many characters more it may be a value, or its beginning. */
const SHORTEST_REST = 4;
const KEY = String.raw`key_(?:test|live)_[${VALUE_CHARACTERS}]{${SHORTEST_REST},}`;

/** What is taken out as a whole. */
const SECRET_LIKE: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/gu,
  new RegExp(KEY, "giu"),
  /\b(?:Bearer|Basic)\s+[^\s"'\\]+/giu,
  // A JSON Web Token: tokens of service accounts, and of many management APIs.
  /\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/gu,
];

/** User and password of a URL. */
const USER_INFO = /(:\/\/)[^\s/@"']+@/gu;

/** A name that announces a secret, and its value: `token=…`, `"password":"…"`. */
const ANNOUNCED =
  /((?:token|password|passwd|secret|authorization|api[-_]?key)\\?["']?\s*[:=]\s*\\?["']?)([^\s"'\\,;}]{4,})/giu;

/** What may be base64 of something. */
const BASE64 = /[A-Za-z0-9+/_-]{16,}={0,2}/gu;
const SECRET_INSIDE = new RegExp(KEY, "iu");

/**
 * Takes out of a text what looks like a value of a key, a token, a password or a private key, also encoded as base64.
 * It is the second line of defence: the first is that such fields are not taken in at all.
 */
export function redactText(text: string): string {
  const plain = SECRET_LIKE.reduce((rest, pattern) => rest.replaceAll(pattern, REDACTED), text)
    .replaceAll(USER_INFO, `$1${REDACTED}@`)
    .replaceAll(ANNOUNCED, `$1${REDACTED}`);
  return plain.replaceAll(BASE64, (run) => (holdsSecret(run) ? REDACTED : run));
}

/** Whether a text in base64, from any of its characters on, holds the value of a key. */
function holdsSecret(run: string): boolean {
  return [0, 1, 2, 3].some((start) =>
    SECRET_INSIDE.test(Buffer.from(run.slice(start), "base64").toString("latin1")),
  );
}
