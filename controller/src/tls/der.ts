/** The few DER encodings (ITU-T X.690) that an X.509 certificate is made of. */

function length(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes]);
  const hex = bytes.toString(16);
  const digits = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  return Buffer.concat([Buffer.from([0x80 | digits.length]), digits]);
}

/** One tag-length-value element around the given content. */
function element(tag: number, ...content: readonly Buffer[]): Buffer {
  const value = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), length(value.length), value]);
}

export const sequence = (...content: readonly Buffer[]): Buffer => element(0x30, ...content);
export const set = (...content: readonly Buffer[]): Buffer => element(0x31, ...content);
export const boolean = (value: boolean): Buffer => element(0x01, Buffer.from([value ? 0xff : 0]));
export const octetString = (content: Buffer): Buffer => element(0x04, content);
export const utf8String = (text: string): Buffer => element(0x0c, Buffer.from(text, "utf8"));

/** A context-specific element: constructed around other elements, or primitive. */
export const context = (tag: number, constructed: boolean, ...content: readonly Buffer[]): Buffer =>
  element(0x80 | (constructed ? 0x20 : 0) | tag, ...content);

/** A non-negative integer given as big-endian bytes. */
export function integer(magnitude: Buffer): Buffer {
  const firstByte = magnitude[0] ?? 0;
  return element(0x02, firstByte >= 0x80 ? Buffer.concat([Buffer.from([0]), magnitude]) : magnitude);
}

/** A bit string; `unusedBits` counts the padding bits at the end of the last byte. */
export const bitString = (content: Buffer, unusedBits = 0): Buffer =>
  element(0x03, Buffer.from([unusedBits]), content);

/** An object identifier in dotted form, such as `2.5.4.3`. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return element(0x06, Buffer.from(bytes));
}

/** A point in time, to the second. RFC 5280 4.1.2.5 wants UTCTime before 2050 and GeneralizedTime from then on. */
export function time(at: Date): Buffer {
  const digits = at.toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return at.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(digits.slice(2), "ascii"))
    : element(0x18, Buffer.from(digits, "ascii"));
}
