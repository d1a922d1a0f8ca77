import { TAG_START } from "./tag.ts";
import { cutText } from "./text.ts";

/** The longest text a user may write, in Unicode code points and in bytes of UTF-8: with its tag it fits into 255. */
export const DESCRIPTION_LIMITS = { characters: 180, bytes: 200 } as const;

// Control characters would break lines of logs and tables; bidirectional ones make a text read as another.
const FORBIDDEN = /[\p{Cc}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;

/**
 * Says what is wrong with a user's description.
 *
 * @returns a sentence fit for a condition, or `undefined` where the text is fine.
 */
export function descriptionProblem(text: string): string | undefined {
  const characters = Array.from(text).length;
  if (text.trim() === "") return "the description is empty: say what the key is for";
  if (characters > DESCRIPTION_LIMITS.characters) {
    return `the description has ${characters} characters, at most ${DESCRIPTION_LIMITS.characters} are allowed`;
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > DESCRIPTION_LIMITS.bytes) {
    return `the description takes ${bytes} bytes of UTF-8, at most ${DESCRIPTION_LIMITS.bytes} are allowed`;
  }
  if (text.includes(TAG_START)) return `the description contains "${TAG_START}", which starts our own tag`;
  if (FORBIDDEN.test(text)) return "the description contains a control or bidirectional character";
  if (!text.isWellFormed()) return "the description contains half of a surrogate pair";
  return undefined;
}

/** The description of an ApiKey that declares none: `<namespace>/<name>`, cut to fit. */
export function defaultDescription(namespace: string, name: string): string {
  return cutText(`${namespace}/${name}`, DESCRIPTION_LIMITS, "…");
}

/** A text of somebody else's, cut where needed so that a tag fits behind it. */
export function cutToFit(text: string): string {
  return cutText(text, DESCRIPTION_LIMITS).trimEnd();
}
