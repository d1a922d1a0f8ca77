/** How long a text may be; what is not named is not limited. */
export interface TextLimits {
  /** UTF-16 units, as `length` counts them. */
  readonly units?: number;
  /** Unicode code points. */
  readonly characters?: number;
  /** Bytes of UTF-8. */
  readonly bytes?: number;
}

/** The longest message of a condition, in UTF-16 units. The API allows 32 times that; no one reads more than a screen. */
const LONGEST_MESSAGE = 1_024;

/**
 * A text that a server stores as it is: well-formed, and cut at a character where it is too long. Half a surrogate pair
 * would come back as another character, and look like a change for ever.
 *
 * @param ellipsis says where something is missing; it counts.
 */
export function cutText(text: string, limits: TextLimits, ellipsis = ""): string {
  const whole = text.toWellFormed();
  if (fits(measure(whole), limits)) return whole;
  const used = measure(ellipsis);
  let end = 0;
  for (const character of whole) {
    used.units += character.length;
    used.characters += 1;
    used.bytes += Buffer.byteLength(character);
    if (!fits(used, limits)) break;
    end += character.length;
  }
  return whole.slice(0, end) + ellipsis;
}

/** A message as a condition stores it. What is compared with a stored message is made by this first. */
export function fitMessage(message: string): string {
  return cutText(message, { units: LONGEST_MESSAGE }, "…");
}

function measure(text: string): { units: number; characters: number; bytes: number } {
  const characters = Array.from(text).length;
  return { units: text.length, characters, bytes: Buffer.byteLength(text) };
}

function fits(
  used: { readonly units: number; readonly characters: number; readonly bytes: number },
  { units = Infinity, characters = Infinity, bytes = Infinity }: TextLimits,
): boolean {
  return used.units <= units && used.characters <= characters && used.bytes <= bytes;
}
