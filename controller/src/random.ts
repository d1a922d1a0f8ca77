import { randomBytes } from "node:crypto";

/** Bytes that are drawn at a time. Each drawing costs as much as hundreds of bytes more. */
const PORTION = 1_024;

/**
 * Cryptographic randomness for many small draws: each pass over an ApiKey draws the ID of an attempt, though few need one.
 *
 * @param draw where the bytes come from.
 * @returns a function that gives so many bytes, no byte twice.
 */
export function inPortions(draw: (size: number) => Uint8Array = randomBytes): (size: number) => Uint8Array {
  let portion: Uint8Array = new Uint8Array();
  return (size) => {
    if (portion.length < size) portion = draw(Math.max(PORTION, size));
    const taken = portion.subarray(0, size);
    portion = portion.subarray(size);
    return taken;
  };
}
